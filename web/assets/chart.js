// chart.js - a line over the last hour, as inline SVG.
import {attr, el, text} from './dom.js';
import {clock} from './format.js';

const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 600, HEIGHT = 100, HOUR = 3600;

function shape(name, attributes) {
	const node = document.createElementNS(SVG, name);

	for (const [key, value] of Object.entries(attributes))
		node.setAttribute(key, value);
	return node;
}

export class Chart {
	// words: a value as people read it.
	constructor(title, words) {
		this.title = title;
		this.words = words;
		this.points = [];
		this.now = el('span', {class: 'now'}, '–');
		this.left = el('span', {class: 'quiet'}, 'an hour ago');
		this.most = el('span', {class: 'quiet'});
		this.area = shape('path', {class: 'area'});
		this.line = shape('path', {class: 'line'});
		this.cursor = shape('line', {class: 'cursor', y1: 0, y2: HEIGHT, visibility: 'hidden'});
		this.svg = shape('svg', {viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img'});
		this.svg.append(shape('line', {class: 'base', x1: 0, x2: WIDTH, y1: HEIGHT, y2: HEIGHT}),
			this.area, this.line, this.cursor);
		this.node = el('figure', {class: 'chart'},
			el('figcaption', {}, el('span', {}, title), this.now), this.svg,
			el('div', {class: 'scale'}, this.left, this.most));
		this.svg.addEventListener('pointermove', (e) => this.point(e));
		this.svg.addEventListener('pointerleave', () => this.leave());
	}

	// points: [time, value], oldest first; the newest is of now.
	draw(points) {
		const last = points.length > 0 ? points[points.length - 1] : [0, 0];
		const most = Math.max(...points.map((p) => p[1]), 0);
		const x = (p) => (WIDTH * (1 - (last[0] - p[0]) / HOUR)).toFixed(1);
		const y = (p) => (HEIGHT - (most > 0 ? 0.94 * HEIGHT * p[1] / most : 0)).toFixed(1);
		const path = points.map((p, i) => (i === 0 ? 'M' : 'L') + x(p) + ' ' + y(p)).join('');

		this.points = points;
		attr(this.line, 'd', path);
		attr(this.area, 'd', path === '' ? '' :
			path + `L${WIDTH} ${HEIGHT}L${x(points[0])} ${HEIGHT}Z`);
		text(this.now, this.words(last[1]));
		text(this.most, 'most: ' + this.words(most));
		attr(this.svg, 'aria-label', `${this.title} in the last hour: now ${this.words(last[1])}, ` +
			`at most ${this.words(most)}`);
	}

	point(event) {
		const box = this.svg.getBoundingClientRect();
		const last = this.points.length > 0 ? this.points[this.points.length - 1][0] : 0;
		const time = last - HOUR * (1 - (event.clientX - box.left) / box.width);
		const near = this.points.reduce((best, p) =>
			best === null || Math.abs(p[0] - time) < Math.abs(best[0] - time) ? p : best, null);

		if (near === null)
			return;
		const at = WIDTH * (1 - (last - near[0]) / HOUR);
		attr(this.cursor, 'x1', at);
		attr(this.cursor, 'x2', at);
		attr(this.cursor, 'visibility', 'visible');
		text(this.left, `${clock(near[0])}: ${this.words(near[1])}`);
	}

	leave() {
		attr(this.cursor, 'visibility', 'hidden');
		text(this.left, 'an hour ago');
	}
}

// What a counter rose by each second, between samples of the history.
export function rates(history, column) {
	const at = history.columns.indexOf(column);
	const points = [];

	for (let i = 1; i < history.samples.length; i++) {
		const [from, to] = [history.samples[i - 1], history.samples[i]];
		const seconds = to[0] - from[0];

		if (seconds > 0)
			points.push([to[0], Math.max(0, (to[at] - from[at]) / seconds)]);
	}
	return points;
}

export function levels(history, column) {
	const at = history.columns.indexOf(column);

	return history.samples.map((s) => [s[0], s[at]]);
}

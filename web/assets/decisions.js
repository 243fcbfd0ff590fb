// decisions.js - who asked for what, what was decided, and why.
import {$, attr, badge, el, facts, list, text} from './dom.js';
import {clock, date, several} from './format.js';

const KEPT = 500, SHOWN = 100;
const levels = {done: 'ok', unchanged: 'ok', refused: 'error', failed: 'error'};

let all = []; // oldest first
let last = 0;
let shownUpTo = Infinity; // number; what is newer waits while paused

const isDenied = (x) => levels[x.result] === 'error';

function isWanted(x) {
	const kind = $('filter-kind').value;
	const words = $('filter-text').value.toLowerCase().split(/\s+/).filter((w) => w !== '');
	const line = Object.values(x).join('\n').toLowerCase();

	return (kind === 'all' || (kind === 'denied' ? isDenied(x) : x.kind === kind)) &&
		words.every((w) => line.includes(w));
}

function describe(x) {
	if (x.kind === 'negotiation')
		return x.result === 'done' ? 'has a security context' : 'got no security context';
	if (x.kind === 'signature')
		return 'signed wrongly';
	return x.asked === '' ? 'asked for an update' : x.asked;
}

// A decision never changes: it is drawn once.
function make(x) {
	const result = el('span');
	const dl = el('dl', {class: 'facts'});
	const node = el('li', {'data-level': levels[x.result]},
		el('div', {class: 'head'}, result,
			el('time', {datetime: new Date(1000 * x.time).toISOString(), title: date(x.time)}, clock(x.time)),
			el('span', {class: 'who'}, x.signer === '' || x.signer === 'none' ? x.from : x.signer),
			el('span', {}, describe(x))));

	badge(result, levels[x.result], x.result);
	if (x.reason !== '' && isDenied(x))
		node.append(el('p', {class: 'why'}, x.reason));
	if (x.next !== '' && isDenied(x))
		node.append(el('p', {}, el('span', {class: 'next'}, x.next)));
	facts(dl, [['kind', x.kind], ['code', x.code], ['stage or cause', x.cause],
		['from', x.from + ', ' + x.transport.toUpperCase()], ['signer', x.signer],
		['key', x.key], ['zone', x.zone], ['asked', x.asked],
		['rule that decided', x.rule], ['would have granted', x.nearest],
		['facts', x.facts], ['number', x.number]]);
	node.append(el('details', {}, el('summary', {}, 'more'), dl));
	return node;
}

export function draw() {
	const known = all.filter((x) => x.number <= shownUpTo);
	const wanted = known.filter(isWanted).reverse();
	const waiting = all.length - known.length;
	let note = several(wanted.length, 'decision', 'decisions');

	if (wanted.length > SHOWN)
		note += `, the newest ${SHOWN} are shown`;
	if (all.length === 0)
		note = 'Nobody has asked for anything since the start.';
	else if (wanted.length === 0)
		note = 'None of the ' + several(known.length, 'decision', 'decisions') + ' is meant by the filter.';
	if (waiting > 0)
		note += `; paused, ${waiting} new`;
	else if (shownUpTo !== Infinity)
		note += '; paused';
	text($('decisions-note'), note);
	list($('decision-list'), wanted.slice(0, SHOWN), (x) => x.number, make);
}

function pause() {
	const on = shownUpTo === Infinity;

	shownUpTo = on ? last : Infinity;
	attr($('pause'), 'aria-pressed', on);
	text($('pause'), on ? 'Go on' : 'Pause');
	draw();
}

$('filter-text').addEventListener('input', draw);
$('filter-kind').addEventListener('change', draw);
$('filter').addEventListener('submit', (event) => event.preventDefault());
$('pause').addEventListener('click', pause);

// The daemon began anew: so do we.
export function forgetDecisions() {
	all = [];
	last = 0;
}

export const decisionsQuery = () => `updates?after=${last}&limit=${KEPT}`;

export function showDecisions(answer) {
	if (answer.last === last)
		return;
	last = answer.last;
	all = all.concat(answer.updates).slice(-KEPT);
	draw();
}

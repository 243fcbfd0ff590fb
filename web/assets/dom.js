// dom.js - the page's elements: made, and changed only where they differ.
//
// Nothing is drawn anew that is there already, so that a refresh neither
// flickers nor takes away what is selected, opened or focused.

export const $ = (id) => document.getElementById(id);

// An element: attributes (properties would be inline code), then children.
export function el(tag, attributes = {}, ...children) {
	const node = document.createElement(tag);

	for (const [name, value] of Object.entries(attributes))
		attr(node, name, value);
	node.append(...children);
	return node;
}

export function text(node, value) {
	const wanted = value === null || value === undefined ? '' : String(value);

	if (node.textContent !== wanted)
		node.textContent = wanted;
}

export function attr(node, name, value) {
	if (value === null || value === undefined || value === false)
		node.removeAttribute(name);
	else if (node.getAttribute(name) !== String(value))
		node.setAttribute(name, String(value));
}

export function badge(node, level, words) {
	attr(node, 'class', 'badge');
	attr(node, 'data-level', level);
	text(node, words);
}

const levelWords = {error: 'Problem', warning: 'Attention', info: 'Note', ok: 'Good'};

// How something is, in one word and a colour.
export const levelBadge = (node, level) => badge(node, level, levelWords[level]);

// A list's line of a badge, a sentence and what to do.
export function makeAdvice() {
	return el('li', {}, el('span'), el('span', {}, el('span'), el('span', {class: 'next'})));
}

export function updateAdvice(node, level, sentence, next) {
	const [first, second] = node.children[1].children;

	levelBadge(node.children[0], level);
	text(first, sentence);
	text(second, next);
	second.hidden = next === '';
}

// The children of parent become the items in their order: one that is there
// (by its key) is updated, the others are made or removed.
export function list(parent, items, keyOf, make, update) {
	const old = new Map();

	for (const node of parent.children)
		old.set(node.dataset.key, node);
	let at = parent.firstElementChild;
	for (const item of items) {
		const key = String(keyOf(item));
		let node = old.get(key);

		if (node === undefined) {
			node = make(item);
			node.dataset.key = key;
		}
		old.delete(key);
		if (update)
			update(node, item);
		if (node === at)
			at = at.nextElementSibling;
		else
			parent.insertBefore(node, at);
	}
	for (const node of old.values())
		node.remove();
}

// Items with a key each, of a name that several of them may have.
export function numbered(items, nameOf) {
	const seen = new Map();

	return items.map((item) => {
		const name = nameOf(item);
		const n = (seen.get(name) || 0) + 1;

		seen.set(name, n);
		return {...item, key: `${name} ${n}`};
	});
}

// A row whose cells say, on a narrow screen, what they are.
export function row(labels) {
	return el('tr', {}, ...labels.map((label, i) =>
		el(i === 0 ? 'th' : 'td', i === 0
			? {scope: 'row', 'data-label': label}
			: {'data-label': label}, el('span'))));
}

// Where the content of a row's i-th cell belongs.
export const cell = (tr, i) => tr.children[i].firstElementChild;

// Pairs of words and values; a value that is empty is left out.
export function facts(dl, pairs) {
	const items = pairs.filter(([, value]) =>
		value !== '' && value !== null && value !== undefined)
		.flatMap(([name, value]) => [
			{key: name + ':', tag: 'dt', value: name},
			{key: name, tag: 'dd', value},
		]);

	list(dl, items, (x) => x.key, (x) => el(x.tag),
		(node, x) => text(node, x.value));
}

// format.js - numbers and times as people read them.

const grouped = new Intl.NumberFormat('en-GB');

export const number = (n) =>
	n === null || n === undefined ? '–' : grouped.format(n);

// Three digits that count.
export function rate(n) {
	if (n >= 100 || n === 0)
		return grouped.format(Math.round(n));
	return n >= 10 ? n.toFixed(1) : n.toFixed(2);
}

export function octets(n) {
	const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
	let i = 0;

	for (; n >= 1024 && i < units.length - 1; i++)
		n /= 1024;
	return (i === 0 || n >= 100 ? Math.round(n) : n.toFixed(1)) + ' ' + units[i];
}

export function duration(seconds) {
	const s = Math.max(0, Math.round(seconds));

	if (s < 60)
		return s + ' s';
	if (s < 3600)
		return Math.floor(s / 60) + ' min';
	if (s < 86400)
		return Math.floor(s / 3600) + ' h ' + Math.floor(s % 3600 / 60) + ' min';
	return Math.floor(s / 86400) + ' d ' + Math.floor(s % 86400 / 3600) + ' h';
}

export const clock = (seconds) =>
	new Date(1000 * seconds).toLocaleTimeString('en-GB');

export const date = (seconds) =>
	new Date(1000 * seconds).toLocaleString('en-GB');

export const several = (n, one, many) =>
	grouped.format(n) + ' ' + (n === 1 ? one : many);

// zones.js - zones, their histories, and how far their secondaries are.
import {$, badge, cell, el, facts, list, row, text} from './dom.js';
import {ask} from './ask.js';
import {date, duration, number, octets} from './format.js';

const labels = ['Zone', 'State', 'Serial', 'Records', 'Journal', 'Secondaries'];
const levels = {ok: 'ok', 'not loaded': 'error', warning: 'warning', frozen: 'warning'};

// RFC 1982: how many serials behind.
const behind = (serial, acked) => acked === null ? null : (serial - acked) >>> 0;

function secondaryWords(serial, s) {
	const n = behind(serial, s.serial_acked);
	const ago = s.last_notify === null ? '' :
		`, notified ${duration(Date.now() / 1000 - s.last_notify)} ago`;

	if (n === null)
		return `${s.address}: ${s.state}${ago}`;
	return `${s.address}: ` + (n === 0 ? 'in step' : `${number(n)} behind, ${s.state}`) + ago;
}

function updateSecondaries(node, z) {
	if (z.secondaries.length === 0) {
		text(node, 'none');
		return;
	}
	if (node.firstElementChild === null)
		text(node, '');
	list(node, z.secondaries, (s) => s.address, () => el('span', {class: 'secondary'}),
		(line, s) => text(line, secondaryWords(z.serial, s)));
}

function showDetails(dl, z) {
	facts(dl, [
		['file', z.file],
		['loaded from', z.loaded_from],
		['written', z.dump.time === null ? 'never' : `${date(z.dump.time)}, serial ${z.dump.serial}` +
			(z.dump.pending ? '; newer changes wait' : '')],
		['history', `from serial ${z.journal.first_serial}, ${number(z.journal.changesets)} changesets`],
		['transfers', `${z.transfers.axfr} AXFR, ${z.transfers.ixfr} IXFR, ${z.transfers.failed} failed`],
		['warnings', z.warnings.join('; ')],
	]);
}

async function refreshDetails(details) {
	if (!details.open)
		return;
	try {
		showDetails(details.lastElementChild,
			await ask('zones/' + encodeURIComponent(details.dataset.zone)));
	} catch (error) {
		facts(details.lastElementChild, [['error', error.message]]);
	}
}

function make(z) {
	const tr = row(labels);
	const details = el('details', {'data-zone': z.zone},
		el('summary', {}, z.zone), el('dl', {class: 'facts'}));

	details.addEventListener('toggle', () => refreshDetails(details));
	cell(tr, 0).append(details);
	return tr;
}

function update(tr, z) {
	badge(cell(tr, 1), levels[z.status] || '', z.status);
	cell(tr, 1).title = z.reason;
	text(cell(tr, 2), z.serial);
	text(cell(tr, 3), number(z.records));
	text(cell(tr, 4), octets(z.journal_octets));
	updateSecondaries(cell(tr, 5), z);
	refreshDetails(cell(tr, 0).firstElementChild);
}

export function showZones(answer) {
	text($('zones-note'), answer.total > answer.zones.length
		? `${number(answer.total)} zones, of which the first ${answer.zones.length} are shown.` : '');
	list($('zone-rows'), answer.zones, (z) => z.zone, make, update);
}

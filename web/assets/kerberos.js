// kerberos.js - keys, tickets, clock, directory, and who has contexts.
import {$, attr, badge, cell, el, facts, list, row, text} from './dom.js';
import {clock, date, duration, number, several} from './format.js';

function updateKey(tr, k) {
	text(cell(tr, 0), k.principal);
	text(cell(tr, 1), k.kvno);
	text(cell(tr, 2), k.enctype);
	badge(cell(tr, 3), k.weak ? 'warning' : 'ok', k.weak ? 'weak' : 'in use');
}

export function showKeytab(keytab) {
	const from = keytab.files.join(', ');

	text($('keytab-note'), !keytab.ok
		? `The files cannot be used since ${date(keytab.failed)}: ${keytab.reason}`
		: `Loaded ${date(keytab.loaded)} from ${from}.`);
	attr($('keytab-note'), 'data-level', keytab.ok ? 'ok' : 'error');
	list($('keys'), keytab.keys, (k) => [k.principal, k.kvno, k.enctype].join(' '),
		() => row(['Principal', 'kvno', 'Enctype', 'Verdict']), updateKey);
}

function updateTicket(tr, t) {
	const now = Date.now() / 1000;
	const meter = cell(tr, 1).querySelector('meter') ||
		cell(tr, 1).appendChild(el('meter', {class: 'meter', min: 0, max: 1, low: 0.1}));

	text(cell(tr, 0), t.server);
	attr(meter, 'value', Math.max(0, (t.ends - now) / (t.ends - t.starts)).toFixed(3));
	attr(meter, 'aria-label', `ends ${date(t.ends)}`);
	attr(meter, 'title', `ends ${date(t.ends)}`);
}

export function showTickets(answer) {
	text($('tickets-note'), answer.tickets.length > 0 ? '' :
		'It holds none. Clients need no ticket of ours: the keytab is enough to accept theirs.');
	$('tickets-table').hidden = answer.tickets.length === 0;
	list($('tickets'), answer.tickets, (t) => t.ccache + t.server, () => row(['For', 'Ends']), updateTicket);
}

// Half the way there and back is not in it: good to about a second.
export function showClock(status) {
	const offset = status.time - Date.now() / 1000 + 0.5;
	const words = Math.abs(offset) < 2 ? 'the same as this browser’s'
		: `${duration(Math.abs(offset))} ${offset > 0 ? 'ahead of' : 'behind'} this browser’s`;

	text($('clock'), `The server’s clock says ${clock(status.time)}, ${words}. ` +
		'Kerberos forgives five minutes.');
}

function directoryNote(d) {
	if (d === null)
		return 'None is configured: rules come from the file, groups from the PAC of tickets.';
	if (!d.up)
		return `${d.uri} does not answer: ${d.error}`;
	return `${d.uri} answers.`;
}

export function showDirectory(d) {
	text($('directory-note'), directoryNote(d));
	facts($('directory'), d === null ? [] : [
		['latency', d.up ? d.latency_ms + ' ms' : ''],
		['last answer', d.last_success === null ? 'never' : date(d.last_success)],
		['protected', d.protected ? 'yes' : 'no: what it says could be forged on the way'],
		['rules', `${d.rules.entries} entries, ` + (d.rules.live ? `live (${d.rules.follow})`
			: d.rules.lapsed ? 'lapsed: what they grant is not granted' : 'not live')],
	]);
}

function updatePrincipal(tr, p) {
	const some = p.addresses.slice(0, 6).join(', ');

	text(cell(tr, 0), p.principal);
	text(cell(tr, 1), p.kind);
	text(cell(tr, 2), number(p.contexts));
	text(cell(tr, 3), some + (p.addresses.length > 6 ? ` and ${p.addresses.length - 6} more` : ''));
	text(cell(tr, 4), p.pac);
}

export function showContexts(answer) {
	const listed = answer.principals.reduce((n, p) => n + p.contexts, 0);

	text($('contexts-note'), answer.total === 0 ? 'Nobody has one now.'
		: several(answer.total, 'context', 'contexts') +
			(listed < answer.total ? ', of which the first principals are listed.' : '.'));
	list($('principals'), answer.principals, (p) => p.principal,
		() => row(['Principal', 'Kind', 'Contexts', 'From', 'PAC']), updatePrincipal);
}

// kerberos.js - keys, tickets, KDCs, clock, directory, and who has contexts.
import {$, attr, cell, el, facts, levelBadge, list, makeAdvice, numbered, row, text, updateAdvice} from './dom.js';
import {clock, date, duration, number, several} from './format.js';

const SHOWN = 200; // of keys

// --- Keys ---

// A badge and words beside it.
function judge(node, level, words) {
	if (node.firstElementChild === null)
		node.append(el('span'), ' ', el('span'));
	levelBadge(node.firstElementChild, level);
	text(node.lastElementChild, words);
}

function updateKey(tr, k) {
	text(cell(tr, 0), k.principal);
	text(cell(tr, 1), k.kvno);
	text(cell(tr, 2), k.kdc_kvno === null ? '–' : k.kdc_kvno);
	text(cell(tr, 3), k.enctype);
	judge(cell(tr, 4), k.level, k.verdict + (k.in_use ? '' : '; accepts nothing'));
}

const verdicts = {
	usable: 'A ticket of today proves that they are the KDC’s.',
	unproven: 'No ticket could be had yet to prove them.',
	unusable: 'Not all is well with them: see what was found.',
};

function keytabNote(keytab) {
	const more = keytab.keys.length > SHOWN ? ` Of ${number(keytab.keys.length)} the first ${SHOWN} are listed.` : '';

	if (!keytab.ok)
		return `The files cannot be used since ${date(keytab.failed)}: ${keytab.reason}${more}`;
	return `Loaded ${date(keytab.loaded)} from ${keytab.files.join(', ')}. ${verdicts[keytab.verdict]}${more}`;
}

function showFindings(keytab) {
	text($('findings-note'), keytab.checked === null ? 'Nothing was looked at yet.'
		: (keytab.findings.length === 0 ? 'Nothing is wrong. ' : '') +
			`Files were looked at ${clock(keytab.checked)}, ` +
			(keytab.asked === null ? 'KDCs were not asked yet.' : `KDCs asked ${clock(keytab.asked)}` +
				(keytab.current ? '.' : ', about other keys.')));
	list($('findings'), numbered(keytab.findings, (f) => f.id + f.subject), (x) => x.key, makeAdvice,
		(node, f) => updateAdvice(node, f.severity, `${f.subject}: ${f.text}`, f.advice));
}

export function showKeytab(keytab) {
	text($('keytab-note'), keytabNote(keytab));
	attr($('keytab-note'), 'data-level', keytab.ok ? 'ok' : 'error');
	list($('keys'), numbered(keytab.keys.slice(0, SHOWN), (k) => [k.principal, k.kvno, k.enctype].join(' ')),
		(x) => x.key, () => row(['Principal', 'kvno here', 'at the KDC', 'Enctype', 'Verdict']), updateKey);
	showFindings(keytab);
	showKdcs(keytab);
	showTickets(keytab);
}

// --- KDCs ---

const latency = (ms) => ms === null ? 'silent' : ms + ' ms';

function updateKdc(tr, k) {
	const level = k.tcp_ms !== null ? 'ok' : k.udp_ms !== null ? 'warning' : 'error';

	text(cell(tr, 0), k.host);
	text(cell(tr, 1), k.realm);
	text(cell(tr, 2), k.asked ? latency(k.tcp_ms) : '–');
	text(cell(tr, 3), k.asked ? latency(k.udp_ms) : '–');
	text(cell(tr, 4), k.clock_offset_s === null ? '–' : ahead(k.clock_offset_s, 'ours'));
	judge(cell(tr, 5), level, k.reason);
}

function showKdcs(keytab) {
	text($('kdcs-note'), keytab.asked === null ? 'None was asked yet.'
		: keytab.kdcs.length === 0 ? 'None is known for the keytab’s realms.' : '');
	$('kdcs-table').hidden = keytab.kdcs.length === 0;
	list($('kdcs'), numbered(keytab.kdcs, (k) => [k.realm, k.host, k.address].join(' ')),
		(x) => x.key, () => row(['KDC', 'Realm', 'TCP', 'UDP', 'Clock', 'State']), updateKdc);
}

// --- Tickets ---

function updateTicket(tr, t) {
	const now = Date.now() / 1000;
	const left = t.ends - now;
	const meter = cell(tr, 2).querySelector('meter') ||
		cell(tr, 2).appendChild(el('meter', {class: 'meter', min: 0, max: 1, low: 0.1}));
	const words = cell(tr, 2).querySelector('span') || cell(tr, 2).appendChild(el('span'));

	text(cell(tr, 0), t.server);
	text(cell(tr, 1), t.client);
	attr(meter, 'value', Math.max(0, left / (t.ends - t.starts)).toFixed(3));
	attr(meter, 'aria-label', `ends ${date(t.ends)}`);
	attr(meter, 'title', `ends ${date(t.ends)}`);
	text(words, left > 0 ? `${duration(left)} left` : `ended ${duration(-left)} ago`);
}

function showTickets(keytab) {
	text($('tickets-note'), keytab.tickets.length > 0 ? '' :
		'It holds none. Clients need no ticket of ours: the keytab is enough to accept theirs.');
	$('tickets-table').hidden = keytab.tickets.length === 0;
	list($('tickets'), numbered(keytab.tickets, (t) => t.ccache + t.server),
		(x) => x.key, () => row(['For', 'Of', 'Ends']), updateTicket);
}

// --- Clock ---

const ahead = (offset, whose) => Math.abs(offset) < 2 ? `the same as ${whose}`
	: `${duration(Math.abs(offset))} ${offset > 0 ? 'ahead of' : 'behind'} ${whose}`;

// Half the way there and back is not in it: good to about a second.
export function showClock(status) {
	const offset = status.time - Date.now() / 1000 + 0.5;

	text($('clock'), `The server’s clock says ${clock(status.time)}, ${ahead(offset, 'this browser’s')}. ` +
		'Kerberos forgives five minutes.');
}

// --- Directory ---

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
		['rules', `entries: ${d.rules.entries}, ` + (d.rules.live ? `live (${d.rules.follow})`
			: d.rules.lapsed ? 'lapsed: what they grant is not granted' : 'not live')],
	]);
}

// --- Contexts ---

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

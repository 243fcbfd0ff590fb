// overview.js - is all well, and what happened in the last hour.
import {$, attr, list, makeAdvice, numbered, text, updateAdvice} from './dom.js';
import {Chart, levels, rates} from './chart.js';
import {date, duration, number, rate, several} from './format.js';

const perSecond = (n) => rate(n) + '/s';

const charts = [
	{chart: new Chart('Queries', perSecond), of: (h) => rates(h, 'queries')},
	{chart: new Chart('Updates', perSecond), of: (h) => rates(h, 'updates')},
	{chart: new Chart('Refusals', perSecond), of: (h) => rates(h, 'refused')},
	{chart: new Chart('Negotiations', perSecond), of: (h) => rates(h, 'negotiations')},
	{chart: new Chart('Security contexts', number), of: (h) => levels(h, 'contexts')},
];

$('charts').append(...charts.map((x) => x.chart.node));

const about = (verdicts) => [...new Set(verdicts.map((v) => v.about))].join(', ');

function headline(verdicts) {
	const errors = verdicts.filter((v) => v.level === 'error');
	const warnings = verdicts.filter((v) => v.level === 'warning');

	if (errors.length > 0)
		return ['error', several(errors.length, 'problem', 'problems') + ': ' + about(errors)];
	if (warnings.length > 0)
		return ['warning', 'It serves, and needs attention: ' + about(warnings)];
	return ['ok', 'All is well'];
}

export function showStatus(status) {
	const [level, sentence] = headline(status.verdicts);

	attr($('verdict'), 'data-level', level);
	text($('verdict-head'), sentence);
	list($('verdicts'), numbered(status.verdicts, (v) => v.about + v.text), (x) => x.key, makeAdvice,
		(node, v) => updateAdvice(node, v.level, v.text, v.next));
	document.title = (level === 'ok' ? '' : level === 'error' ? '✖ ' : '▲ ') + 'kddns ' + status.host;
	text($('host'), status.host + (status.principal === null ? '' : ', signed in as ' + status.principal));
	text($('version'), 'kddnsd ' + status.version);
	text($('uptime'), `Since ${date(status.started)} (${duration(status.uptime_s)}): ` +
		`${several(status.queries, 'query', 'queries')}, ` +
		`${several(status.updates.applied + status.updates.unchanged, 'update', 'updates')} done, ` +
		`${several(status.updates.refused, 'update', 'updates')} refused, ` +
		`${several(status.tkey.complete, 'negotiation', 'negotiations')}.`);
}

export function showHistory(history) {
	for (const x of charts)
		x.chart.draw(x.of(history));
}

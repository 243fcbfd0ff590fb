// policy.js - the rules of a zone, and what they would decide.
import {$, attr, badge, el, facts, list, text} from './dom.js';
import {ask} from './ask.js';

let zones = [];
let deciding = '';

function draw() {
	const zone = zones.find((z) => z.zone === $('policy-zone').value);

	if (zone === undefined)
		return;
	text($('policy-note'), zone.rules.length === 0
		? 'No rule: nobody may update, but by allow-update.'
		: 'The first that matches decides; where none does, allow-update, or no.');
	list($('rules'), zone.rules.map((rule, i) => ({rule, i})), (x) => x.i,
		() => el('li', {}, el('code')), (li, x) => {
			text(li.firstElementChild, x.rule);
			attr(li, 'data-is', x.rule === deciding ? 'deciding' : null);
		});
}

export function showPolicy(answer) {
	zones = answer.zones;
	list($('policy-zone'), zones, (z) => z.zone,
		(z) => el('option', {value: z.zone}, z.zone));
	draw();
}

function showAnswer(x) {
	const is = el('span'), dl = el('dl', {class: 'facts'});

	badge(is, x.decision === 'grant' ? 'ok' : 'error', x.decision === 'grant' ? 'granted' : 'refused');
	facts(dl, [['rule', x.rule], ['would have granted', x.nearest], ['zone', x.zone],
		['code', x.code], ['stage', x.stage], ['facts', x.facts],
		['context', x.has_context ? 'it has one: its groups are known' : 'it has none: only its name is known']]);
	$('explanation').replaceChildren(
		el('p', {}, is, ' ', x.reason),
		dl);
	deciding = x.rule;
	if (zones.some((z) => z.zone === x.zone))
		$('policy-zone').value = x.zone;
	draw();
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// The directory may have to be asked first: then it is known a little later.
async function settled(query) {
	let x = await ask('explain?' + query);

	for (let tries = 0; x.facts_coming && tries < 6; tries++) {
		showAnswer(x);
		await pause(500);
		x = await ask('explain?' + query);
	}
	return x;
}

async function explain(event) {
	const query = new URLSearchParams(new FormData($('explain')));

	event.preventDefault();
	try {
		showAnswer(await settled(query));
	} catch (error) {
		$('explanation').replaceChildren(el('p', {class: 'notice'}, error.message));
		deciding = '';
		draw();
	}
}

$('explain').addEventListener('submit', explain);
$('policy-zone').addEventListener('change', draw);

// app.js - asks the daemon every two seconds, and shows what it says.
import {$, attr, text} from './dom.js';
import {ask, Refused} from './ask.js';
import {clock} from './format.js';
import {showHistory, showStatus} from './overview.js';
import {decisionsQuery, draw, forgetDecisions, showDecisions} from './decisions.js';
import {showClock, showContexts, showDirectory, showKeytab} from './kerberos.js';
import {showZones} from './zones.js';
import {showPolicy} from './policy.js';

const OFTEN_MS = 2000;
const SELDOM = 5; // of those

let round = 0;
let started = null;
let answered = null; // when it last did

async function often() {
	const status = await ask('status');

	if (started !== null && started !== status.started) {
		forgetDecisions();
		draw();
		round = 0;
	}
	started = status.started;
	showStatus(status);
	showClock(status);
	showDirectory(status.directory);
	await Promise.all([
		ask(decisionsQuery()).then(showDecisions),
		ask('keytab').then(showKeytab),
		ask('zones').then(showZones),
		ask('contexts?limit=100').then(showContexts),
	]);
}

async function seldom() {
	await Promise.all([
		ask('history').then(showHistory),
		ask('policy').then(showPolicy),
	]);
}

function tell(state, words) {
	attr($('live'), 'data-state', state);
	text($('live'), words);
}

async function refresh() {
	try {
		await often();
		if (round++ % SELDOM === 0)
			await seldom();
		answered = new Date();
		tell('live', 'live');
	} catch (error) {
		const since = answered === null ? '' : ' since ' + clock(answered.getTime() / 1000);

		tell('lost', error instanceof Refused ? `${error.message}: reload this page`
			: `kddnsd does not answer${since}`);
	}
}

// One after the other; nothing while nobody looks.
async function live() {
	if (!document.hidden)
		await refresh();
	setTimeout(live, OFTEN_MS);
}

draw();
live();

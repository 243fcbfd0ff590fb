// ask.js - one document of the daemon.

const PATIENCE_MS = 8000;

export class Refused extends Error {}

export async function ask(path) {
	const answer = await fetch('/api/v1/' + path, {
		credentials: 'same-origin',
		signal: AbortSignal.timeout(PATIENCE_MS),
	});
	const document = await answer.json();

	if (answer.status === 401 || answer.status === 403)
		throw new Refused(document.error);
	if (!answer.ok)
		throw new Error(document.error);
	return document;
}

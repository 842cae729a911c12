// What `audit verify` found, for people.
import type { VerifyReport } from '../../audit/verify.ts';
import { durationText } from './audit-line.ts';
import { count, onOneLine } from './columns.ts';
import { painter } from './paint.ts';
import { problemsText } from './problems.ts';

/** The first line says it all; findings come before it, what could not be seen after it. */
export function verifyText(
	report: VerifyReport,
	{ directory, color, now }: { readonly directory: string; readonly color: boolean; readonly now: number },
): string {
	const paint = painter(color);
	const { ok, records, runs, checkpoints, head, lastCopy, findings, findingsLeftOut, interrupted, unseen } = report;
	const copied =
		lastCopy === null
			? ''
			: `; last copied checkpoint ${durationText(Math.max(0, now - Date.parse(lastCopy.time)))} ago`;
	const headText = head === null ? '' : `, head ${head.hash.replace(/^sha256:/, '').slice(0, 8)}`;
	const totals = `${count(records, 'record')}, ${count(runs, 'run')}, ${count(checkpoints, 'checkpoint')}${headText}${copied}`;
	const isChanged = findings.some(({ severity, kind }) => severity === 'error' && kind !== 'unreadable');
	const verdict = ok ? paint('good', 'ok') : paint('bad', isChanged ? 'CHANGED' : 'NOT VERIFIED');
	const more = findingsLeftOut === 0 ? [] : [`and ${count(findingsLeftOut, 'more finding')}`];
	return [
		...(findings.length === 0
			? []
			: [problemsText(findings, { cwd: directory, color, texts: new Map() }), ...more, '']),
		`${verdict}  ${records === 0 ? `no records in ${directory}` : totals}`,
		...interrupted.map(({ id, stage, target, time }) => {
			const how = stage === 'asked' ? 'waited for a person' : 'had begun';
			return paint('caution', `    ${onOneLine(`${target} (${id}) ${how} at ${time}`)}; no end is recorded`);
		}),
		...unseen.map((text) => paint('quiet', `    not seen: ${text}`)),
	].join('\n');
}

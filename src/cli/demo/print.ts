// How the demo shows one call: what the agent asked, what ran, what the agent read.
import type { CallView } from '../../audit/calls.ts';
import { showable } from '../../text/characters.ts';
import { changeText } from '../render/change.ts';
import type { Paint } from '../render/paint.ts';
import { toneOf, wordOf } from '../render/verdict.ts';
import type { Heard } from './agent.ts';
import type { Scene } from './scenes.ts';

export interface Played {
	readonly scene: Scene;
	readonly heard: Heard;
	/** What the log says of it. */
	readonly record: CallView | undefined;
	/** What a person was asked meanwhile. */
	readonly questions: readonly string[];
	readonly held: boolean;
}

const mostLines = 6;
const widestLine = 150;

/** Several lines and a blank one. */
export function sceneText({ scene, heard, record, questions, held }: Played, number: number, paint: Paint): string {
	const word = record === undefined ? '(no record)' : (scene.word ?? wordOf(record.decision));
	const tone = record === undefined ? 'bad' : toneOf(record.decision);
	const row = (label: string, text: string) => `    ${paint('quiet', label.padEnd(6))} ${text}`;
	const block = (label: string, text: string) =>
		clipped(text).map((line, at) => row(at === 0 ? label : '', showable(line)));
	return [
		`${String(number).padStart(2)}  ${paint(tone, word.padEnd(8))} ${paint('strong', scene.title)}`,
		row('asked', `${scene.name} ${JSON.stringify(scene.args)}`),
		...questions.flatMap((question) => block('person', question)),
		row('ran', ranText(record)),
		...block('read', heard.code === undefined ? heard.text : `JSON-RPC error ${heard.text.replace(/^MCP error /, '')}`),
		...(held ? [] : [row('', paint('bad', 'this is not what should have happened'))]),
		'',
	].join('\n');
}

function ranText(record: CallView | undefined): string {
	if (record === undefined || record.final === true) return 'nothing';
	const { changed = [] } = record;
	return changed.length === 0 ? 'exactly that' : `with ${changed.map((change) => changeText(change)).join(', ')}`;
}

function clipped(text: string): readonly string[] {
	const lines = text
		.trimEnd()
		.split('\n')
		.map((line) => (line.length <= widestLine ? line : `${line.slice(0, widestLine)}…`));
	if (lines.length <= mostLines) return lines;
	return [...lines.slice(0, mostLines - 2), `… ${lines.length - mostLines + 1} more lines`, lines.at(-1) ?? ''];
}

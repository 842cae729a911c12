// What a person should look at twice before accepting it: a hint for the eye, never a verdict.
import { isJsonObject, type Json } from '../../abi/json.ts';
import { findInvisible } from '../../text/characters.ts';
import type { Difference } from './differences.ts';

/** One remark each, in plain words; `names` are those of everything else that the drivers list or that was accepted. */
export function suspicions({ name, after, fields }: Difference, names: Iterable<string>): readonly string[] {
	const texts = fields.flatMap(({ to }) => (to === undefined ? [] : [...textsIn(to)]));
	const spoken = texts.flatMap((text) => speech.exec(text)?.[0] ?? []);
	const invisible = [name, ...(after === undefined ? [] : texts)].flatMap(
		(text) => findInvisible(text.replace(/[\n\t]/g, ''))?.name ?? [],
	);
	const twin = after === undefined ? undefined : [...names].find((other) => other !== name && looksSame(other, name));
	return [
		...(spoken.length === 0 ? [] : [`speaks to the model: ${[...new Set(spoken)].slice(0, 3).map(quoted).join(', ')}`]),
		...(invisible.length === 0 ? [] : [`holds what nobody can see: ${[...new Set(invisible)].slice(0, 5).join(', ')}`]),
		...(twin === undefined ? [] : [`its name looks like that of ${quoted(twin)}`]),
	];
}

const speech = new RegExp(
	[
		'\\b(?:before|after|when(?:ever)?|instead of) (?:us|call)ing (?:any|this|another|other|the)\\b[^.\\n]{0,60}',
		'\\b(?:ignore|disregard|forget|override) (?:all|any|the|your|previous|prior|other)\\b[^.\\n]{0,60}',
		'\\b(?:do not|don.t|never) (?:tell|mention|inform|show|reveal|ask|notify)\\b[^.\\n]{0,60}',
		'\\b(?:you must|you should always|always (?:call|use|read|pass|include|send)|first (?:call|read|use))\\b[^.\\n]{0,60}',
		'<(?:important|system|instructions?|secret)>',
		'\\bsystem prompt\\b',
		'(?:~|\\$HOME|/home/\\w+|/root)/\\.(?:ssh|aws|config|gnupg|netrc|npmrc)\\b[^\\s]*',
		'\\b(?:id_rsa|id_ed25519|\\.env|credentials|mcp\\.json)\\b',
	].join('|'),
	'i',
);

/** The texts below a value, names of members included; with a bound, since a schema may hold a million. */
function* textsIn(value: Json): Generator<string> {
	const queue: Json[] = [value];
	for (let looked = 0; queue.length > 0 && looked < 200_000; looked++) {
		const next = queue.pop();
		if (typeof next === 'string') yield next;
		else if (Array.isArray(next)) for (const item of next) queue.push(item);
		else if (isJsonObject(next)) {
			for (const [key, item] of Object.entries(next)) {
				yield key;
				queue.push(item);
			}
		}
	}
}

const twins: Readonly<Record<string, string>> = Object.fromEntries(
	'аa еe оo рp сc уy хx іi јj ѕs һh ԁd ԛq ԝw вb мm нh тt кk αa οo νv ρp τt υu χx ιi κk ɡg ı1 il l1 o0 ӏ1'
		.split(' ')
		.map((pair) => [[...pair][0], [...pair][1]]),
);

/** Do two names look alike on a screen: other alphabets, accents, `l` for `1`, `_` for `-`? */
function looksSame(one: string, other: string): boolean {
	return skeleton(one) === skeleton(other);
}

function skeleton(name: string): string {
	const plain = name
		.normalize('NFKD')
		.replace(/[\p{M}\p{Cf}\p{Default_Ignorable_Code_Point}]/gu, '')
		.toLowerCase()
		.trim();
	// Twice, since the twin of a letter may have one, too.
	const once = [...plain].map((letter) => twins[letter] ?? letter);
	return once
		.map((letter) => twins[letter] ?? letter)
		.join('')
		.replace(/rn/g, 'm')
		.replace(/[\s_.-]+/g, '-');
}

function quoted(text: string): string {
	return `\`${text.length > 80 ? `${text.slice(0, 79)}…` : text}\``;
}

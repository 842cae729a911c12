// A test file's text to a Suite, or Problems at their places, and no Suite.

import type { Json } from '../abi/json.ts';
import type { DriverName } from '../abi/names.ts';
import type { Problem } from '../abi/problem.ts';
import { type Path, place } from '../text/places.ts';
import { type Explanation, type ShapeHints, shape } from '../text/shape.ts';
import { quote } from '../text/words.ts';
import { readYaml } from '../text/yaml.ts';
import { readExample } from './load.ts';
import { wrongFile } from './load-hints.ts';
import { Loading } from './loading.ts';
import { type CaseSource, type SuiteSource, suiteSchema } from './schema-suite.ts';
import type { Case, Suite } from './suite.ts';

export interface LoadedSuite {
	/** Present when, and only when, nothing is wrong. */
	readonly suite?: Suite;
	readonly problems: readonly Problem[];
}

/** Never throws for what the text says. */
export function loadSuite({ file, text }: { readonly file: string; readonly text: string }): LoadedSuite {
	const read = readYaml(text, file);
	if (!read.ok) return { problems: read.problems };
	const { document } = read;
	const shaped = shape(document, suiteSchema, hints);
	if (!shaped.ok) return { problems: shaped.problems };
	const loading = new Loading(document);
	const suite = readSuite(loading, file, shaped.value);
	return loading.problems.length > 0 ? { problems: loading.problems } : { suite, problems: [] };
}

function readSuite(loading: Loading, file: string, source: SuiteSource): Suite {
	const { policies, workspace, defaults, lists = {}, cases } = source;
	return {
		file,
		...(policies && {
			policies: policies.map((text, index) => ({ text, where: place(loading.document, ['policies', index]) })),
		}),
		...(workspace === undefined ? {} : { workspace }),
		...(defaults && { defaults }),
		lists,
		cases: cases.map((one, index) => readCase(loading, one, ['cases', index])),
	};
}

function readCase(loading: Loading, { name, from, because = [], ...source }: CaseSource, path: Path): Case {
	return {
		...readExample(loading, source, path),
		...(name === undefined ? {} : { name }),
		...(from === undefined ? {} : { from: from as DriverName }),
		because: because.map((id, index) => ({ id, where: place(loading.document, [...path, 'because', index]) })),
	};
}

const synonyms = new Map([
	['tests', 'cases'],
	['examples', 'cases'],
	['case', 'cases'],
	['policy', 'policies'],
	['files', 'policies'],
	['expect', 'is'],
	['verdict', 'is'],
	['decision', 'is'],
	['command', 'run'],
	['tool', 'call'],
	['rules', 'because'],
	['rule', 'because'],
	['title', 'name'],
	['time', 'at'],
	['driver', 'from'],
]);

const hints: ShapeHints = { unknownKey, wrongValue, missingKey };

function unknownKey(path: Path, key: string): Explanation | undefined {
	if (path.length === 0 && (key === 'rules' || key === 'waivers' || key === 'mode')) {
		return { help: `${quote(key)} belongs in a policy file; a test file names those it is about under \`policies\`` };
	}
	const meant = synonyms.get(key);
	const isOfCase = path[0] === 'cases';
	const fits = meant !== undefined && (meant === 'cases' || meant === 'policies') !== isOfCase;
	return fits ? { help: `did you mean ${quote(meant)}?` } : undefined;
}

function wrongValue(path: Path, value: Json | undefined): Explanation | undefined {
	const ofFile = wrongFile(path, value, 'test');
	if (ofFile !== undefined) return ofFile;
	const words = new Map([
		['deny', 'denied'],
		['allow', 'allowed'],
		['ask', 'asked'],
		['hide', 'hidden'],
		['blocked', 'denied'],
		['rewritten', 'becomes: …'],
	]);
	const meant = path.at(-1) === 'is' && typeof value === 'string' ? words.get(value.toLowerCase()) : undefined;
	return meant === undefined ? undefined : { help: `did you mean ${quote(meant)}?` };
}

function missingKey(_path: Path, key: string): string | undefined {
	if (key === 'version') return 'add: version: 1';
	return key === 'cases' ? 'add: cases: [{ run: git push --force, is: denied }]' : undefined;
}

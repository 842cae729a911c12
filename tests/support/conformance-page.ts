// The page about conformance, written from what was measured.
import { type Ended, passes, type Requirements, type Revision, type Run, type Way } from './conformance.ts';

export interface Measured {
	readonly revision: Revision;
	readonly requirements: Requirements;
	readonly direct: Run;
	readonly through: readonly { readonly way: Way; readonly run: Run }[];
	/** Trapgate between a client and the tool, which is the server. */
	readonly asClient: Run;
}

/** A scored scenario that ends otherwise through Trapgate, and why it does. */
export interface Difference {
	readonly revision: Revision;
	readonly scenario: string;
	/** Where it happens; everywhere, where nothing is said. */
	readonly ways?: readonly string[];
	/** At times: it depends on which of two messages is first. */
	readonly is: 'failing' | 'failing at times' | 'warned about';
	readonly why: string;
}

export interface PageInput {
	readonly measured: readonly Measured[];
	readonly differences: readonly Difference[];
	readonly versions: { readonly tool: string; readonly node: string; readonly sdk: string };
}

/** The difference that is declared for this place, if there is one. */
export function declaredFor(
	differences: readonly Difference[],
	revision: Revision,
	scenario: string,
	way: string,
): Difference | undefined {
	return differences.find(
		(difference) =>
			difference.revision === revision &&
			difference.scenario === scenario &&
			(difference.ways === undefined || difference.ways.includes(way)),
	);
}

export function writePage({ measured, differences, versions }: PageInput): string {
	const { tool, node, sdk } = versions;
	return [
		'# Conformance',
		'',
		'Written by `tests/e2e/conformance.test.ts`, which measures all of it in each run of `npm test` and fails when this page says',
		'something else (after a change: `npx vitest run tests/e2e/conformance.test.ts -u`).',
		'',
		`\`@modelcontextprotocol/conformance\` ${tool} (on Node ${node}) tests one server twice: over HTTP without anything between,`,
		'and through `trapgate run --http`, which reaches that server over stdio or HTTP. The server is our own',
		`(\`tests/fixtures/servers/conformance.mjs\`, written with \`@modelcontextprotocol/server\` ${sdk}); it speaks both eras. Trapgate runs`,
		'with `prefix: never`, because the scenarios call tools by fixed names, and with a policy that forbids nothing.',
		'',
		'**What must hold: a scored scenario that passes directly passes through Trapgate.** The tool has sets of requirements for two',
		'revisions, and no other revision is scored.',
		'',
		table(
			['revision of the client', 'scored', 'directly', ...wayNames(measured)],
			measured.map(({ revision, requirements: { scored }, direct, through }) => [
				revision,
				`${scored.length}`,
				`${scored.filter((name) => passes(direct.get(name))).length}`,
				...wayNames(measured).map((wanted) => {
					const found = through.find(({ way }) => way.name === wanted);
					if (found === undefined) return 'not run';
					const lost = scored.filter((name) => mayFail(differences, revision, name, wanted)).length;
					return `${scored.filter((name) => passes(found.run.get(name)) && !mayFail(differences, revision, name, wanted)).length}${lost === 0 ? '' : `, ${lost} differ`}`;
				}),
			]),
		),
		'',
		...measured.flatMap((one) => [
			`## Clients of ${one.revision}`,
			'',
			scenarios(one, differences, one.requirements.scored),
			'',
			'Run, and not scored by the tool:',
			'',
			unscored(one),
			'',
		]),
		"- *extension*, *pending* and *added-after-release* are the tool's own reasons not to score: optional by definition, not passed by its own",
		'  reference yet, or newer than the requirements.',
		"- The `tasks-*` scenarios fail everywhere because the server has none of the extension's tools, so they try nothing of Trapgate.",
		'- `server-sse-polling` closes a stream in the middle of a call, which takes a server that keeps events; ours keeps none.',
		'',
		'A local server is started for each kind of client, and one check of `server-stateless` has 600 ms with all that has to start; so',
		'that kind of client is introduced before. A scored scenario that does not pass is tried twice more: the tool has time limits that a busy',
		'machine can miss.',
		'',
		'## Towards servers',
		'',
		'The tool is the server here, and a client of `@modelcontextprotocol/sdk` on stdio uses it through Trapgate. What the tool scores of clients,',
		'OAuth aside: towards servers that is not built, so the `auth/*` scenarios are not run.',
		'',
		table(
			['scenario', ...measured.map(({ revision }) => revision)],
			[...new Set(measured.flatMap(({ asClient }) => [...asClient.keys()]))].map((name) => [
				name,
				...measured.map(({ asClient }) => (asClient.has(name) ? word(asClient.get(name)) : 'not asked for')),
			]),
		),
		'',
		'## What differs, and why',
		'',
		...differences.map(
			({ revision, scenario, ways, is, why }) =>
				`- **${scenario}** (${revision}, ${ways === undefined ? 'every way' : ways.join(', ')}) is ${is}: ${why}`,
		),
		'',
	].join('\n');
}

function wayNames(measured: readonly Measured[]): string[] {
	return [...new Set(measured.flatMap(({ through }) => through.map(({ way }) => way.name)))];
}

function mayFail(differences: readonly Difference[], revision: Revision, name: string, way: string): boolean {
	return declaredFor(differences, revision, name, way)?.is.startsWith('failing') === true;
}

function scenarios(one: Measured, differences: readonly Difference[], names: readonly string[]): string {
	return table(
		['scenario', 'directly', ...one.through.map(({ way }) => way.name)],
		names.map((name) => [
			name,
			word(one.direct.get(name)),
			...one.through.map(({ way, run }) =>
				mayFail(differences, one.revision, name, way.name) ? 'differs' : word(run.get(name)),
			),
		]),
	);
}

function unscored(one: Measured): string {
	return table(
		['scenario', "the tool's reason", 'directly', ...one.through.map(({ way }) => way.name)],
		[...one.requirements.unscored].map(([name, reason]) => [
			name,
			reason,
			word(one.direct.get(name)),
			...one.through.map(({ run }) => word(run.get(name))),
		]),
	);
}

function word(ended: Ended | undefined): string {
	switch (ended?.outcome) {
		case 'passed':
			return 'passes';
		case 'warned':
			return 'passes, warned';
		case 'failed':
			return 'fails';
		case 'silent':
			return 'checks nothing';
		case undefined:
			return 'did not run';
	}
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
	const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
	return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

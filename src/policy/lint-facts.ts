// Rules that ask for a fact, or a sub-command, that no command can have: P204.
import type { Vocabulary } from '../abi/command.ts';
import type { Problem } from '../abi/problem.ts';
import type { Path } from '../text/places.ts';
import { suggest } from '../text/suggest.ts';
import { quote } from '../text/words.ts';
import { parseCommandPattern } from './command-pattern.ts';
import type { Match, Policy, Rule } from './rule.ts';
import { placeInRule } from './rule-place.ts';
import { isLiteral } from './text-glob.ts';

/** Of a pack they are notes: it may be written for another version. */
export function lintFacts({ isPack }: Policy, rule: Rule, vocabulary: Vocabulary): Problem[] {
	const parts: { part: Match; at: readonly Path[] }[] = [
		{ part: rule.match, at: [['match']] },
		...rule.except.map((part, index) => ({ part, at: [['except', index], ['except']] })),
	];
	return parts
		.flatMap(({ part, at }) => {
			// An exception without a command is about the commands of its rule.
			const command = part.command ?? rule.match.command ?? [];
			const programs = programsOf(command);
			return [
				...unknownFacts(rule, part, programs, at, vocabulary),
				...valuesOfOtherKind(rule, part, at, vocabulary),
				...unknownSubcommands(rule, part.command ?? [], at, vocabulary),
			];
		})
		.map((problem): Problem => (isPack === true ? { ...problem, severity: 'note' } : problem));
}

/** The programs that the patterns spell out; undefined where one may be any. */
function programsOf(patterns: readonly string[]): readonly string[] | undefined {
	const programs = patterns.flatMap((text) => {
		const pattern = text.includes('${') ? undefined : parseCommandPattern(text);
		return pattern === undefined || 'error' in pattern ? ['*'] : pattern.program;
	});
	return programs.length > 0 && programs.every(isLiteral) ? [...new Set(programs)] : undefined;
}

function unknownFacts(
	rule: Rule,
	{ facts = {} }: Match,
	programs: readonly string[] | undefined,
	at: readonly Path[],
	vocabulary: Vocabulary,
): Problem[] {
	const known = programs?.map((program) => vocabulary.factsOf(program)) ?? [undefined];
	// One program of which nobody vouches for the list may have any fact that there is.
	const possible = known.some((list) => list === undefined) ? vocabulary.facts : known.flatMap((list) => list ?? []);
	return Object.keys(facts).flatMap((name): Problem[] => {
		if (possible.includes(name)) return [];
		const near = suggest(name, possible);
		const own = possible === vocabulary.facts ? [] : [...new Set(possible)].sort();
		const listed = own.length === 0 ? 'docs/facts.md has all facts by program' : `facts: ${own.join(', ')}`;
		return [
			{
				code: 'P204',
				severity: 'error',
				message: `${whoHas(programs)} fact ${quote(name)}`,
				where: placeInRule(
					rule,
					at.map((path) => [...path, 'facts', name]),
					'key',
				),
				help: near === undefined ? listed : `did you mean ${quote(near)}?`,
			},
		];
	});
}

/** A switch is never text, and no text is ever `true`: such a test can't hold, and nobody would notice. */
function valuesOfOtherKind(rule: Rule, { facts = {} }: Match, at: readonly Path[], vocabulary: Vocabulary): Problem[] {
	return Object.entries(facts).flatMap(([name, { is = [], not = [], glob = [] }]): Problem[] => {
		if (!vocabulary.facts.includes(name)) return [];
		const isSwitch = vocabulary.switches.includes(name);
		const odd = [...is, ...not, ...glob].find((value) => (isSwitch ? typeof value !== 'boolean' : value === true));
		if (odd === undefined) return [];
		const said = quote(typeof odd === 'string' ? `"${odd}"` : String(odd));
		const meant = odd === 'false' ? 'false' : 'true';
		return [
			{
				code: 'P204',
				severity: 'error',
				message: isSwitch
					? `${quote(name)} is true or not, and never ${said}`
					: `${quote(name)} is text, and never ${said}`,
				where: placeInRule(
					rule,
					at.map((path) => [...path, 'facts', name]),
				),
				help: isSwitch ? `write \`${name}: ${meant}\`` : `write a glob: \`${name}: "*"\` for any`,
			},
		];
	});
}

function whoHas(programs: readonly string[] | undefined): string {
	if (programs === undefined) return 'no program has the';
	if (programs.length === 1) return `${quote(programs[0] ?? '')} has no`;
	return `none of ${programs.slice(0, 4).map(quote).join(', ')} has the`;
}

/** Only a word that is close to a real one: any other may be an alias or a plugin of the author's own. */
function unknownSubcommands(
	rule: Rule,
	patterns: readonly string[],
	at: readonly Path[],
	vocabulary: Vocabulary,
): Problem[] {
	return patterns.flatMap((text, index): Problem[] => {
		const pattern = text.includes('${') ? undefined : parseCommandPattern(text);
		if (pattern === undefined || 'error' in pattern) return [];
		const [program, ...more] = pattern.program;
		const known = program === undefined || more.length > 0 ? undefined : vocabulary.subcommandsOf(program);
		if (known === undefined) return [];
		return (pattern.words[0] ?? []).flatMap((word): Problem[] => {
			const near = isLiteral(word) && !known.includes(word) ? suggest(word, known) : undefined;
			if (near === undefined) return [];
			return [
				{
					code: 'P204',
					severity: 'warning',
					message: `${quote(program ?? '')} has no sub-command ${quote(word)}`,
					where: placeInRule(
						rule,
						at.flatMap((path) => [
							[...path, 'command', index],
							[...path, 'command'],
						]),
					),
					label: 'matches an alias or a plugin of that name, if there is one',
					help: `did you mean ${quote(near)}?`,
				},
			];
		});
	});
}

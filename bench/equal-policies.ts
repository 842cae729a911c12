// One set of rules as plain data, the calls they are asked about, the answers they must give, and the same rules as a policy file.
import type { JsonObject } from '../src/abi/json.ts';

/** A rule that every engine here can be told: a tool by name or glob, and conditions on three arguments. */
export interface PlainRule {
	readonly id: string;
	readonly effect: 'allow' | 'deny';
	/** `srv1/read_file`, `srv1/read_*`, `srv1/*` or a verb of any server; a star is any run of characters. */
	readonly tool: string;
	/** The path begins with this, which ends in a slash. */
	readonly path?: string;
	/** The size is below this. */
	readonly size?: number;
	readonly mode?: string;
}

export interface PlainCall {
	readonly driver: string;
	readonly tool: string;
	readonly args: { readonly path: string; readonly size: number; readonly mode: string } & JsonObject;
}

export type PlainAnswer = 'allow' | 'refuse';

const verbs = ['read', 'write', 'list', 'delete', 'query', 'search', 'create', 'update'];
const objects = ['file', 'row', 'issue', 'page', 'user', 'branch', 'bucket', 'queue'];
const modes = ['r', 'w', 'rw'];

/** `count` rules about servers of some twenty rules each; the same at every run. */
export function plainRules(count: number): PlainRule[] {
	const { below, pick, chance } = dice(42);
	const servers = serversOf(count);
	return Array.from({ length: count }, (_, index): PlainRule => {
		const server = `srv${below(servers)}`;
		const kind = chance();
		const tool =
			kind < 0.02
				? `*/${pick(verbs)}_*`
				: kind < 0.1
					? `${server}/*`
					: kind < 0.4
						? `${server}/${pick(verbs)}_*`
						: `${server}/${pick(verbs)}_${pick(objects)}`;
		const condition = chance();
		const path = condition < 0.35 || condition > 0.75 ? `/p${below(10)}/` : undefined;
		const size = (condition >= 0.35 && condition < 0.6) || condition > 0.75 ? 1 + below(1000) : undefined;
		const mode = condition >= 0.6 && condition <= 0.75 ? pick(modes) : undefined;
		return {
			id: `r${index}`,
			effect: chance() < 0.2 ? 'deny' : 'allow',
			tool,
			...(path !== undefined && { path }),
			...(size !== undefined && { size }),
			...(mode !== undefined && { mode }),
		};
	});
}

/** `count` rules of the same kinds that are about none of these calls; one in fifty is about a verb of every server. */
export function strangers(count: number): PlainRule[] {
	return plainRules(count).map((rule) => {
		const tool = rule.tool.startsWith('*') ? rule.tool.replace('*/', '*/un') : `other-${rule.tool}`;
		return { ...rule, id: `other-${rule.id}`, tool };
	});
}

/** `count` calls of the tools that so many rules are about. */
export function plainCalls(count: number, ruleCount: number): PlainCall[] {
	const { below, pick } = dice(7);
	const servers = serversOf(ruleCount);
	return Array.from({ length: count }, () => ({
		driver: `srv${below(servers)}`,
		tool: `${pick(verbs)}_${pick(objects)}`,
		args: { path: `/p${below(10)}/dir/file${below(100)}.txt`, size: below(1200), mode: pick(modes) },
	}));
}

/** What every engine must answer: a deny that matches wins over any allow, and what nothing allows is refused. */
export function answerOf(rules: readonly PlainRule[], { driver, tool, args }: PlainCall): PlainAnswer {
	const matching = rules.filter(
		(rule) =>
			matches(rule.tool, `${driver}/${tool}`) &&
			(rule.path === undefined || args.path.startsWith(rule.path)) &&
			(rule.size === undefined || args.size < rule.size) &&
			(rule.mode === undefined || args.mode === rule.mode),
	);
	return matching.length > 0 && matching.every(({ effect }) => effect === 'allow') ? 'allow' : 'refuse';
}

/** Does the glob match? A star is any run of characters. */
export function matches(glob: string, text: string): boolean {
	const [first = '', ...rest] = glob.split('*');
	if (!text.startsWith(first)) return false;
	let at = first.length;
	for (const [index, part] of rest.entries()) {
		if (index === rest.length - 1) return text.endsWith(part) && text.length - part.length >= at;
		at = text.indexOf(part, at) + part.length;
		if (at < part.length) return false;
	}
	return at === text.length;
}

/** The rules as an author writes them; a path prefix is `inside` its folder. */
export function policyText(rules: readonly PlainRule[]): string {
	const lines = rules.map(({ id, effect, tool, path, size, mode }) => {
		const args = [
			path === undefined ? [] : `path: { inside: ${path.slice(0, -1)} }`,
			size === undefined ? [] : `size: { below: ${size} }`,
			mode === undefined ? [] : `mode: ${mode}`,
		].flat();
		return `  - { id: ${id}, match: { tool: "${tool}", args: { ${args.join(', ')} } }, then: ${effect} }\n`;
	});
	return `version: 1\nrules:\n${lines.join('')}`;
}

function serversOf(ruleCount: number): number {
	return Math.max(3, Math.round(ruleCount / 20));
}

/** Throws of a die that fall the same way at every run (xorshift32). */
function dice(seed: number) {
	let state = seed;
	const chance = () => {
		state ^= state << 13;
		state >>>= 0;
		state ^= state >>> 17;
		state ^= state << 5;
		state >>>= 0;
		return state / 2 ** 32;
	};
	const below = (count: number) => Math.floor(chance() * count);
	return { chance, below, pick: <T>(items: readonly T[]): T => items[below(items.length)] as T };
}

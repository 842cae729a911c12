// Ten thousand rules as authors write them: tools, arguments, commands, facts, sentences, and an example now and then.

const verbs = ['read', 'write', 'list', 'delete', 'query', 'search', 'create', 'update'];
const objects = ['file', 'row', 'issue', 'page', 'user', 'branch', 'bucket', 'queue'];

/** One rule in each of the forms that policy files have, by how often they occur. */
const forms: readonly ((id: string, server: string, turn: number) => string)[] = [
	(id, server, turn) =>
		`{ id: ${id}, match: { tool: ${server}/${pick(verbs, turn)}_${pick(objects, turn >> 3)} }, then: allow }`,
	(id, server, turn) => `{ id: ${id}, match: { tool: "${server}/${pick(verbs, turn)}_*" }, then: allow }`,
	(id, server, turn) =>
		`{ id: ${id}, match: { tool: ${server}/list_*, args: { max: { below: ${turn % 900} } } }, then: allow }`,
	(id, server, turn) =>
		`{ id: ${id}, match: { tool: ["${server}/get_*", ${server}/${pick(verbs, turn)}_row] }, then: allow }`,
	(id, server) =>
		block(id, `{ tool: ${server}/*, args: { path: { outside: "\${workspace}" } } }`, 'deny', 'stays inside'),
	(id, server, turn) => block(id, `{ tool: ${server}/delete_${pick(objects, turn)} }`, 'deny', 'cannot be undone'),
	(id, _, turn) => `{ id: ${id}, match: { command: "tool${turn % 50} {push,publish}" }, then: ask }`,
	(id, _, turn) =>
		`{ id: ${id}, match: { command: git push, facts: { to_branch: v${turn} } }, then: deny, instead: ask }`,
	(id, server) =>
		`{ id: ${id}, match: { tool: ${server}/* }, when: { agent: "review-*" }, then: hide, reason: reads only }`,
	(id, server, turn) =>
		`{ id: ${id}, match: { tool: ${server}/query_row }, then: { narrow: { params: { limit: { max: ${turn} } } } } }`,
	(id, server) =>
		`{ id: ${id}, match: { tool: ${server}/read_page }, then: allow, examples: [{ call: ${server}/read_page, args: { path: notes.md }, is: allowed }] }`,
];
const often = [0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 4, 5, 5, 6, 7, 8, 9, 10];

/** The text of a policy file with `count` rules. */
export function policyText(count: number): string {
	const rules = Array.from({ length: count }, (_, turn) => {
		const form = forms[pick(often, turn)];
		return `  - ${form?.(`rule-${turn}`, `srv${Math.floor(turn / 20)}`, turn)}\n`;
	});
	return `version: 1\nname: many\ndefaults: { tool: deny, command: allow }\nrules:\n${rules.join('')}`;
}

function block(id: string, match: string, then: string, reason: string): string {
	return `id: ${id}\n    match: ${match}\n    then: ${then}\n    reason: This ${reason}.\n    instead: ask the user`;
}

function pick<T>(items: readonly T[], turn: number): T {
	return items[turn % items.length] as T;
}

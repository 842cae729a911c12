// The samples of the design page on messages, byte for byte: the same code, place, gutter, label and help.
import { expect, test } from 'vitest';
import { lint } from '../../src/policy/lint.ts';
import { loadPolicy } from '../../src/policy/load.ts';
import { renderProblem, renderProblems } from '../../src/text/render.ts';

/** A file in which `lines` stand where the sample has them, and nothing else is wrong. */
function fileWith(lines: Readonly<Record<number, string>>, filler = '#'): string {
	const last = Math.max(...Object.keys(lines).map(Number));
	return `${Array.from({ length: last }, (_, index) => lines[index + 1] ?? filler).join('\n')}\n`;
}

function rendered(file: string, text: string): string {
	const { problems } = loadPolicy({ file, text, layer: 'project' });
	return renderProblems(problems, () => text);
}

test('an unknown key has its nearest neighbour as help', () => {
	const text = fileWith({
		1: 'version: 1',
		2: 'name: bad',
		4: 'rules:',
		5: '  - id: no-pip-install',
		6: '    match: { comand: ["pip {install,uninstall}"] }   # also pip3, python -m pip',
		7: '    then: deny',
	});
	expect(rendered('bad/typo-key.yaml', text)).toBe(`\
error[P101]: unknown key \`comand\`
 --> bad/typo-key.yaml:6:14
  |
6 |     match: { comand: ["pip {install,uninstall}"] }   # also pip3, python -m pip
  |              ^^^^^^ not a key here
  = help: did you mean \`command\`?`);
});

test('a second action is told where actions go', () => {
	const text = fileWith({
		1: 'version: 1',
		2: 'name: bad',
		15: 'rules:',
		16: '  - id: two',
		17: '    match: { tool: "a/*" }',
		18: '    then: ask',
		19: '    deny: true',
	});
	expect(rendered('bad/two-actions.yaml', text)).toBe(`\
error[P101]: unknown key \`deny\`
  --> bad/two-actions.yaml:19:5
   |
19 |     deny: true
   |     ^^^^ not a key here
   = help: \`deny\` is an action: write \`then: deny\` (one action per rule)`);
});

test('a key that appears twice is underlined where it stands the second time', () => {
	const text = fileWith({
		1: 'version: 1',
		2: 'name: bad',
		4: 'rules:',
		5: '  - id: twice',
		6: '    match: { tool: "a/*" }',
		7: '    then: deny',
		8: '    then: allow',
	});
	expect(rendered('bad/dup-key.yaml', text)).toBe(`\
error[P001]: key \`then\` appears twice in this rule
 --> bad/dup-key.yaml:8:5
  |
8 |     then: allow
  |     ^^^^ second one
  = help: keep one; a rule has exactly one \`then\``);
});

test('a word that is none of those allowed has the nearest as help', () => {
	const text = fileWith({ 1: 'version: 1', 2: 'name: bad', 3: 'mode: enforced', 4: 'rules: []' });
	expect(rendered('bad/bad-enum.yaml', text)).toBe(`\
error[P102]: \`enforced\` is not a valid value
 --> bad/bad-enum.yaml:3:7
  |
3 | mode: enforced
  |       ^^^^^^^^
  = help: did you mean \`enforce\`?`);
});

test('a refusal without a way forward loads, and is a finding', () => {
	const text = fileWith({
		1: 'version: 1',
		2: 'name: bad',
		6: 'rules:',
		7: '  - id: no-force-push',
		8: '    match: { command: git push, facts: { force: true } }',
		9: '    then: deny',
		10: '    reason: A force push rewrites commits other people already have.',
	});
	const { policy, problems } = loadPolicy({ file: 'bad/no-instead.yaml', text, layer: 'project' });
	expect(problems).toEqual([]);
	const found = policy === undefined ? [] : lint([policy], { now: 0 });
	expect(renderProblems(found, () => text)).toBe(`\
error[P302]: rule \`no-force-push\` denies without \`instead\`
 --> bad/no-instead.yaml:9:5
  |
9 |     then: deny
  |     ^^^^ an agent with no alternative retries or works around
  = help: add: instead: <command or tool to use>   (write \`instead: stop and ask the user\` if there is none)`);
});

test('an allow that a deny always beats is told where exceptions go', () => {
	const text = fileWith({
		1: 'version: 1',
		2: 'name: bad',
		4: 'rules:',
		5: '  - id: no-force-push',
		6: '    match: { command: git push, facts: { force: true } }',
		7: '    then: deny',
		8: '    reason: A force push rewrites commits other people already have.',
		9: '    instead: push a branch',
		51: '  - { id: let-me-push, match: { command: git push, facts: { force: true } }, then: allow }',
	});
	const { policy } = loadPolicy({ file: 'bad/allow-after-deny.yaml', text, layer: 'project' });
	const [found] = policy === undefined ? [] : lint([policy], { now: 0 });
	expect(found && renderProblem(found, text)).toBe(`\
warning[P303]: rule \`let-me-push\` can never take effect
  --> bad/allow-after-deny.yaml:51:78
   |
51 |   - { id: let-me-push, match: { command: git push, facts: { force: true } }, then: allow }
   |                                                                              ^^^^ \`no-force-push\` denies the same calls, and deny wins over allow
   = help: add an \`except:\` to \`no-force-push\` instead`);
});

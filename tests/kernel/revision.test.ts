// What an untrusted edit of a project's file may do at once.
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { loadOptions } from '../../src/kernel/load-options.ts';
import { type LoadOptions, loadRevision, type Revision, tightened } from '../../src/kernel/revision.ts';
import { stateDirectories } from '../../src/kernel/state.ts';
import { isKind } from '../../src/policy/compiled.ts';
import { redactTexts } from '../../src/policy/redact.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'trapgate-revision-')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function load(rules: string): { readonly options: LoadOptions; readonly revision: Revision } {
	const file = join(folder, 'trapgate.yaml');
	writeFileSync(file, `version: 1\nworkspace: .\nrules:\n${rules}`);
	const env = { HOME: folder, XDG_STATE_HOME: join(folder, 'state'), XDG_CONFIG_HOME: join(folder, 'config') };
	const options = loadOptions({ file, cwd: folder, env }, stateDirectories(env));
	const { revision, problems } = loadRevision(options);
	if (revision === undefined) throw new Error(JSON.stringify(problems));
	return { options, revision };
}

const redacting = (id: string, terms: string) =>
	`  - { id: ${id}, match: { tool: "*" }, then: { redact: { ${terms} } } }\n`;

test('an untrusted redaction takes out more at once, and its own mark keeps nothing from the trusted ones', () => {
	const trusted = redacting('pins', 'find: "regex:[0-9]{4}"');
	const { revision } = load(trusted);
	const edit = load(`${trusted}${redacting('guess', 'find: "regex:[x-z]{4}", replace: "1234"')}`);
	const { revision: tighter } = tightened(edit.options, revision, edit.revision);
	const rules = tighter?.set.results.filter(isKind('redact')) ?? [];
	expect(rules.map(({ id }) => id)).toEqual(['guess.edited', 'pins']);
	const { texts } = redactTexts(['the pin is 1234, the word xyzz'], rules, () => undefined);
	expect(texts).toEqual(['the pin is [redacted:custom], the word [redacted:custom]']);
});

// The corpus as something to run: its entries, and the files that they expect.
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface CorpusEntry {
	readonly id: string;
	readonly command: string;
	readonly intent: string;
	readonly fixtures?: Readonly<Record<string, string | { readonly link: string } | { readonly copy: string }>>;
	readonly git?: boolean;
	readonly git_setup?: readonly string[];
	readonly post_git?: Readonly<Record<string, string>>;
}

/** All of them take minutes, so tests take some of every kind; `TRAPGATE_CORPUS_EVERY=1` takes all. */
export const corpusEvery = Number(process.env['TRAPGATE_CORPUS_EVERY'] ?? (process.env['CI'] === 'true' ? 3 : 6));

export function readCorpus(): readonly CorpusEntry[] {
	return ['bypass', 'more'].flatMap((name) =>
		readFileSync(new URL(`../corpus/${name}.jsonl`, import.meta.url), 'utf8')
			.split('\n')
			.filter(Boolean)
			.map((line) => JSON.parse(line) as CorpusEntry),
	);
}

/** What entries without files of their own speak of. */
const usual: NonNullable<CorpusEntry['fixtures']> = {
	'a.txt': 'hello\n',
	a: 'a\n',
	b: 'b\n',
	f: 'f\n',
	files: 'x.py\n',
	'r.txt': 'x\n',
	'b.md': '# b\n',
	'list.txt': 'one\ntwo\n',
	'README.md': 'pip install foo\npython3 x.py\n',
	'src/a.ts': 'export const deprecated = 1;\n',
	'docs/a.md': 'python3\n',
	'run.sh': '#!/bin/bash\npython3 x.py\n',
	'env.sh': 'python3 x.py\n',
	script: 'python3 x.py\n',
	'.interp': 'python3\n',
	Makefile: 'all:\n\t@python3 x.py\n',
	'package.json':
		'{"name":"w","version":"1.0.0","scripts":{"start":"python3 x.py","test":"echo tested","build":"echo built"}}',
	'venv/bin/python3': { link: '/usr/bin/python3' },
};

const identity = { GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@b', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@b' };

/** Fills an empty folder with what the entry needs; `script` is the `x.py` of all of them. */
export function layOut(folder: string, entry: CorpusEntry, script: string): void {
	const files = entry.fixtures ?? usual;
	for (const [name, content] of Object.entries({ 'x.py': script, 'y.py': script, ...files }))
		put(folder, name, content);
	const isPython = (content: unknown) => typeof content === 'string' && /^#!.*python/.test(content);
	for (const [name, content] of Object.entries(files)) {
		// What they print is no proof of how they run.
		if (isPython(content)) put(folder, name, `${String(content).split('\n', 1)[0]}\n${script}`);
	}
	put(folder, 'manage.py', `#!/usr/bin/env python3\n${script}`);
	put(folder, 'line', `${entry.command}\n`);
	if (entry.git || /\bgit\b/.test(entry.command)) layOutGit(folder, entry, script);
}

function layOutGit(folder: string, entry: CorpusEntry, script: string): void {
	const bash = `git init -q -b main . && git config user.name a && git config user.email a@b && git add -A && git commit -qm one --no-verify
		git rm -q --cached line; echo line >> .git/info/exclude; echo more >> README.md; echo more >> a.txt; git add README.md a.txt; git commit -qm two`;
	const env = { ...process.env, ...identity, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' };
	for (const line of [bash, ...(entry.git_setup ?? [])])
		execFileSync('/bin/bash', ['-c', line], { cwd: folder, env, stdio: 'ignore' });
	for (const [name, content] of Object.entries(entry.post_git ?? {}))
		put(folder, name, /^#!.*python/.test(content) ? `${content.split('\n', 1)[0]}\n${script}` : content);
}

function put(folder: string, name: string, content: NonNullable<CorpusEntry['fixtures']>[string]): void {
	const path = join(folder, name);
	mkdirSync(dirname(path), { recursive: true });
	if (typeof content === 'string') {
		writeFileSync(path, content);
		if (content.startsWith('#!')) chmodSync(path, 0o755);
	} else if ('link' in content) symlinkSync(content.link, path);
	else if (existsSync(content.copy)) copyFileSync(content.copy, path);
}

// Which packs fit a folder and its drivers, each with what speaks for it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readSource } from '../../kernel/sources.ts';
import { suggest } from '../../text/suggest.ts';
import { quote } from '../../text/words.ts';
import { usageError } from '../flags.ts';
import { packOfDriver } from './driver-names.ts';

export interface Fitting {
	readonly pack: string;
	/** `uv.lock is here`. */
	readonly because: string;
}

/** Every pack once, those for every folder first. */
export function fittingPacks(
	directory: string,
	drivers: readonly string[],
	asked: readonly string[],
): readonly Fitting[] {
	const has = (name: string) => existsSync(join(directory, name));
	const found: readonly Fitting[] = [
		{ pack: 'workspace-files', because: 'file tools and commands stay in the workspace' },
		{ pack: 'secrets', because: 'credential files are not read' },
		{ pack: 'destructive-commands', because: 'what nobody can bring back is asked about, or refused' },
		...(has('.git') ? [{ pack: 'git-safety', because: '.git is here' }] : []),
		...(has('uv.lock') ? [{ pack: 'python-uv', because: 'uv.lock is here' }] : []),
		...(usesUv(directory) ? [{ pack: 'python-uv', because: 'pyproject.toml is about uv' }] : []),
		...(has('pnpm-lock.yaml') ? [{ pack: 'node-pnpm', because: 'pnpm-lock.yaml is here' }] : []),
		...drivers.flatMap((driver) => {
			const pack = packOfDriver(driver);
			return pack === undefined ? [] : [{ pack, because: `there is a driver ${driver}` }];
		}),
		...asked.map((pack) => ({ pack, because: 'you asked for it' })),
	];
	return found.filter(({ pack }, at) => found.findIndex((other) => other.pack === pack) === at);
}

function usesUv(directory: string): boolean {
	const source = readSource(join(directory, 'pyproject.toml'), 'run', directory);
	return !('code' in source) && /^\s*\[\[?tool\.uv[\].]|^\s*build-backend\s*=\s*["']uv_build["']/m.test(source.text);
}

/** What `--pack` asked for, `pack:` before it or not. Throws C101 for one that does not exist. */
export function askedPacks(words: readonly string[], known: readonly string[]): readonly string[] {
	return words.map((word) => {
		const name = word.replace(/^pack:/, '');
		if (known.includes(name)) return name;
		const near = suggest(name, known);
		throw usageError(
			'init',
			`there is no pack ${quote(name)}`,
			near === undefined ? `packs: ${known.toSorted().join(', ')}` : `did you mean \`--pack ${near}\`?`,
		);
	});
}

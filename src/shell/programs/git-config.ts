// What `git config` leaves behind: settings that make later calls run a program, or no hooks.

import { hasOption, valuesOf } from '../options.ts';
import type { Word } from '../word.ts';
import { attached, isStatic, literal } from '../word-parts.ts';
import { addFlags, readArguments } from './findings.ts';
import type { GitCall } from './git-call.ts';
import { launchesOf, settingKey } from './git-settings.ts';

const looking = ['--get', '--get-all', '--get-regexp', '--get-urlmatch', '--list', '--get-color', '--get-colorbool'];
const removing = ['--unset', '--unset-all', '--remove-section', '--rename-section'];

/** Both forms: `git config key value` and, since 2.46, `git config set key value`. */
export function readConfig(call: GitCall): void {
	const { findings } = call;
	const options = readArguments(call.argv, call.grammar);
	addFlags(findings, options, call.around, ['skips_hooks']);
	if (hasOption(options, ...looking) || /^config (?:get|list)$/.test(call.command)) return;
	const [key, value] = options.operands;
	if (!key) return;
	if (!isStatic(key)) {
		findings.unsure.add('skips_hooks');
		return;
	}
	const name = settingKey(key.value);
	const removes =
		hasOption(options, ...removing) || /^config (?:unset|remove-section|rename-section)$/.test(call.command);
	if (!value && !removes) return;
	if (name === 'core.hookspath' || (removes && name === 'core')) findings.facts.set('skips_hooks', true);
	if (!value || removes) return;
	addRemote(call, name, value);
	// Judged now, as if it ran now: the later call that runs it doesn't show what it runs. Aliases are unknown names then.
	findings.launches.push(...launchesOf({ key: name, value }, {}));
}

/** Once it is set, a bare `git push` forces: that push is judged now, because the later one doesn't show it. */
function addRemote({ findings }: GitCall, name: string, value: Word): void {
	const [, remote, kind] = /^remote\.(.+)\.(push|mirror)$/.exec(name) ?? [];
	if (remote === undefined || (kind === 'mirror' && /^(?:false|no|off|0)$/i.test(value.value ?? ''))) return;
	const words = kind === 'mirror' ? [literal('--mirror'), literal(remote)] : [literal(remote), value];
	const argv = [literal('git'), literal('push'), ...words];
	findings.launches.push({ kind: 'argv', argv, isVirtual: true, as: ['git', 'config'] });
}

/** `git clone -c key=value` sets for the new repository, and for the cloning itself. */
export function clonedSettings(
	call: GitCall,
): readonly { readonly key: string; readonly value: ReturnType<typeof attached> }[] {
	const options = readArguments(call.argv, call.grammar);
	return valuesOf(options, '--config').flatMap((word) => {
		const equals = word.value?.indexOf('=') ?? -1;
		return equals < 0 || word.value === undefined
			? []
			: [{ key: settingKey(word.value.slice(0, equals)), value: attached(word, equals + 1) }];
	});
}

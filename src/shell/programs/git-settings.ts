// Settings given to one call of git (`-c`, the environment), and those that make git run something.

import type { Options } from '../options.ts';
import type { Around, Launch, ProgramGap } from '../program.ts';
import type { Word } from '../word.ts';
import { attached, firstKnown, isStatic, literal, unknownWord } from '../word-parts.ts';

export interface Setting {
	/** Section and name in lower case, what is between them as it stands: `remote.origin.push`. */
	readonly key: string;
	/** Undefined for a value that isn't in the text. */
	readonly value: Word | undefined;
}

export interface Settings {
	readonly all: readonly Setting[];
	/** Settings may come from where the text doesn't say. */
	readonly gaps: readonly ProgramGap[];
}

/** Values that git hands to a shell or executes; git-config(1), without what lies between section and name. */
const programs: ReadonlySet<string> = new Set(
	`core.pager core.sshcommand core.fsmonitor core.askpass core.gitproxy core.alternaterefscommand diff.command diff.textconv
	merge.driver mergetool.cmd mergetool.path difftool.cmd difftool.path browser.cmd browser.path man.cmd man.path guitool.cmd
	filter.clean filter.smudge filter.process gpg.program gpg.defaultkeycommand remote.uploadpack remote.receivepack
	uploadpack.packobjectshook trailer.command trailer.cmd sendemail.tocmd sendemail.cccmd sendemail.headercmd
	sendemail.sendmailcmd interactive.difffilter instaweb.httpd tar.command imap.tunnel hook.command`.split(/\s+/),
);

/** The same, with the names of files appended. */
const editors: ReadonlySet<string> = new Set(['core.editor', 'sequence.editor', 'diff.external']);

const variables: Readonly<Record<string, string>> = {
	GIT_SSH_COMMAND: 'core.sshcommand',
	GIT_SSH: 'core.sshcommand',
	GIT_EDITOR: 'core.editor',
	EDITOR: 'core.editor',
	VISUAL: 'core.editor',
	GIT_SEQUENCE_EDITOR: 'sequence.editor',
	GIT_PAGER: 'core.pager',
	PAGER: 'core.pager',
	GIT_EXTERNAL_DIFF: 'diff.external',
	GIT_ASKPASS: 'core.askpass',
	SSH_ASKPASS: 'core.askpass',
	GIT_PROXY_COMMAND: 'core.gitproxy',
};

/** Variables that name files or directories full of settings, programs or hooks. */
const places: Readonly<Record<string, string>> = {
	GIT_CONFIG_GLOBAL: 'aliases and programs may be defined in the file that GIT_CONFIG_GLOBAL names',
	GIT_CONFIG_SYSTEM: 'aliases and programs may be defined in the file that GIT_CONFIG_SYSTEM names',
	GIT_CONFIG: 'settings may come from the file that GIT_CONFIG names',
	GIT_CONFIG_PARAMETERS: 'aliases and programs may be defined in GIT_CONFIG_PARAMETERS',
	GIT_EXEC_PATH: 'git takes its sub-commands from the directory that GIT_EXEC_PATH names',
};

const maxCount = 64;

export function readSettings(options: Options, around: Around): Settings {
	const all: Setting[] = [];
	const gaps: ProgramGap[] = [];
	for (const { name, value } of options.found) {
		if (name === '-c') addSetting(all, gaps, value);
		if (name === '--config-env') addFromVariable(all, gaps, value, around);
		if (name === '--exec-path' && value) {
			gaps.push({ kind: 'program', detail: 'git takes its sub-commands from the directory of `--exec-path`' });
		}
	}
	addEnvironment(all, gaps, around);
	return { all, gaps };
}

/** Adds what `key=value` says. Used for `-c` of git and of `git clone`. */
export function addSetting(all: Setting[], gaps: ProgramGap[], word: Word | undefined): void {
	if (!word) return;
	const start = firstKnown(word);
	const equals = start.indexOf('=');
	if (equals < 0 && !isStatic(word)) {
		gaps.push({ kind: 'definition', detail: 'a setting of git is not known: it may define an alias or a program' });
		return;
	}
	const key = settingKey(equals < 0 ? start : start.slice(0, equals));
	all.push({ key, value: equals < 0 ? literal('true') : attached(word, equals + 1) });
	if (key === 'include.path' || (key.startsWith('includeif.') && key.endsWith('.path'))) {
		gaps.push({ kind: 'definition', detail: `aliases and programs may be defined in the file that \`${key}\` names` });
	}
}

/** The last value of a setting, by its whole key. */
export function settingOf(settings: Settings, key: string): Setting | undefined {
	return settings.all.findLast((one) => one.key === key);
}

/** Every setting of a section with one name, whatever is between: all `remote.*.push`. */
export function settingsOf(settings: Settings, kind: string): readonly Setting[] {
	return settings.all.filter((one) => kindOf(one.key) === kind);
}

/** What git starts because of a setting. */
export function launchesOf({ key, value }: Setting, terms: Pick<Launch, 'cwd'>): readonly Launch[] {
	const kind = kindOf(key);
	const isPager = key.startsWith('pager.');
	const text = value ?? unknownWord();
	const known = text.value;
	const as = { ...terms, as: ['git'] };
	if (known === '' || ((isPager || key === 'core.fsmonitor') && isYesOrNo(known))) return [];
	if (kind === 'credential.helper') return [{ kind: 'script', words: credentialHelper(text), ...as }];
	if (kind === 'submodule.update' && firstKnown(text).startsWith('!')) {
		return [{ kind: 'script', words: [attached(text, 1)], ...as }];
	}
	if (kind === 'sendemail.smtpserver' && known?.startsWith('/')) return [{ kind: 'script', words: [text], ...as }];
	if (editors.has(kind) || editors.has(key)) return [editorLaunch(text, as)];
	return isPager || programs.has(kind) ? [{ kind: 'script', words: [text], ...as }] : [];
}

/** Git runs `<text> "$@"` in a shell, with the names of files. */
export function editorLaunch(text: Word, terms: Pick<Launch, 'cwd' | 'as'>): Launch {
	return { kind: 'script', words: [text, literal('"$@"')], positional: [text, unknownWord()], ...terms };
}

/** Lower case but for what lies between the first and the last dot, as git compares keys. */
export function settingKey(text: string): string {
	const first = text.indexOf('.');
	const last = text.lastIndexOf('.');
	if (first === last) return text.toLowerCase();
	return text.slice(0, first).toLowerCase() + text.slice(first, last) + text.slice(last).toLowerCase();
}

function kindOf(key: string): string {
	return key.slice(0, key.indexOf('.') + 1) + key.slice(key.lastIndexOf('.') + 1);
}

function isYesOrNo(text: string | undefined): boolean {
	return text !== undefined && /^(?:true|false|yes|no|on|off|[01])$/i.test(text);
}

/** `!text` and paths are for the shell, any other word names a program `git-credential-…`. */
function credentialHelper(text: Word): readonly Word[] {
	const start = firstKnown(text);
	if (start.startsWith('!')) return [attached(text, 1)];
	return start === '' || start.startsWith('/') ? [text] : [literal(`git credential-${start}`)];
}

function addFromVariable(all: Setting[], gaps: ProgramGap[], word: Word | undefined, around: Around): void {
	const [name = '', variable = ''] = (word?.value ?? '').split('=');
	if (name === '') addSetting(all, gaps, word);
	else all.push({ key: settingKey(name), value: around.env.get(variable) });
}

function addEnvironment(all: Setting[], gaps: ProgramGap[], around: Around): void {
	for (const [name, value] of around.env) {
		const key = variables[name];
		if (key !== undefined) all.push({ key, value });
		const detail = places[name];
		if (detail !== undefined && value?.value !== '/dev/null' && value?.value !== '') {
			gaps.push({ kind: 'definition', detail });
		}
	}
	if (!around.env.has('GIT_CONFIG_COUNT')) return;
	const count = Number(around.env.get('GIT_CONFIG_COUNT')?.value ?? Number.NaN);
	if (!Number.isInteger(count) || count > maxCount) {
		gaps.push({ kind: 'definition', detail: 'how many settings GIT_CONFIG_COUNT brings is not known' });
		return;
	}
	for (let index = 0; index < count; index += 1) {
		const key = around.env.get(`GIT_CONFIG_KEY_${index}`)?.value;
		if (key === undefined) addSetting(all, gaps, unknownWord());
		else all.push({ key: settingKey(key), value: around.env.get(`GIT_CONFIG_VALUE_${index}`) });
	}
}

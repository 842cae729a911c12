// What the processes of a driver may see and use: what its configuration says, less what every rule takes away.
import type { Confinement } from '../abi/sandbox.ts';
import { childEnvironment } from '../drivers/environment.ts';
import { auditDirectoryOf } from './audit-paths.ts';
import { type DriverConfig, type SandboxConfig, sandboxOf } from './config.ts';
import { cwdOf, type DriverSurroundings, expand } from './drivers.ts';
import { type Governed, governedPaths } from './governed.ts';
import { resolvePath } from './paths.ts';
import { inHome, inWorkspace } from './protect.ts';
import { type SandboxRule, sandboxRules } from './sandbox-rules.ts';
import { shownByDefault } from './shown-by-default.ts';

export interface DriverSandbox {
	readonly backend: 'bwrap' | 'landlock';
	/** Where it can't hold, the driver is absent: it says so, or a rule does. */
	readonly isDemanded: boolean;
	readonly confinement: Confinement;
}

/** The sandbox of a driver; undefined where it has none. Throws D101 where a variable in its lists can't be filled in. */
export function sandboxFor(
	driver: DriverConfig,
	governed: Governed,
	around: Pick<DriverSurroundings, 'workspace' | 'directory' | 'home' | 'tmp' | 'env'>,
): DriverSandbox | undefined {
	const rules = sandboxRules(governed.revision.set.rules, driver.name);
	// A remote server has no process here.
	if (driver.kind === 'http' || (driver.sandbox === undefined && rules.length === 0)) return undefined;
	const written = driver.sandbox ?? sandboxOf(undefined);
	if (written.backend === 'none') return undefined;
	return {
		backend: written.backend,
		isDemanded: written.isDemanded || rules.length > 0,
		confinement: confine(written, rules, { ...around, driver, cwd: cwdOf(driver, around), governed }),
	};
}

interface Around extends Pick<DriverSurroundings, 'workspace' | 'directory' | 'home' | 'tmp' | 'env'> {
	readonly driver: DriverConfig;
	readonly cwd: string;
	readonly governed: Governed;
}

function confine(written: SandboxConfig, rules: readonly SandboxRule[], around: Around): Confinement {
	const { workspace, directory, home, governed } = around;
	const base = workspace ?? directory;
	const own = (paths: readonly string[] | undefined) =>
		paths?.flatMap((path) => treesOf(absolute(expand(path, around), directory, home), around));
	const terms = rules.map(({ action }) => action.terms);
	const ruled = (paths: readonly string[] | undefined) => paths?.flatMap((path) => treesOf(path, around));
	const usual = treesOf(base, around);

	const [ownReads, ownWrites] = [own(written.read), own(written.write)];
	const isSaid = ownReads !== undefined || ownWrites !== undefined;
	const writes = intersection([ownWrites, ...terms.map(({ write }) => ruled(write))]) ?? usual;
	// Whoever may write somewhere may read there.
	const reads = intersection([
		isSaid ? [...(ownReads ?? usual), ...(ownWrites ?? usual)] : undefined,
		...terms.map(({ read, write }) =>
			read === undefined ? undefined : [...(ruled(read) ?? []), ...(ruled(write) ?? [])],
		),
	]);
	const readable = reads ?? outermost([...usual, ...writes]);
	const writable = common(writes, readable);
	const { revision, load, directories } = governed;
	const governing = governedPaths({ revision, load, directories });
	const concealed = [auditDirectoryOf(revision.config.audit.directory, directories), directories.state];
	const guarded = [
		...governing.filter((path) => !concealed.includes(path)),
		...inWorkspace.map((name) => `${base}/${name}`),
		...inHome.map((name) => `${home}/${name}`),
	];
	const kept = { guarded: formsOf(guarded), concealed: formsOf(concealed) };
	const isUnsaid = around.driver.kind === 'shell' && [written, ...terms].every(({ read }) => read === undefined);
	const isSettled = (path: string) =>
		everywhere.test(path) ||
		[...readable, ...kept.guarded, ...kept.concealed].some((tree) => liesIn(path, tree)) ||
		kept.concealed.some((tree) => liesIn(tree, path));
	const shown = isUnsaid ? shownByDefault({ home, searchPath: searchPathOf(around), isSettled }) : [];
	return {
		read: without(outermost([...readable, ...shown]), writable),
		write: writable,
		network: terms
			.flatMap(({ network }) => (network === undefined ? [] : [network]))
			.map((hosts): Confinement['network'] => (hosts.length === 0 ? 'none' : { hosts }))
			.reduce(narrower, written.network),
		exec: written.exec,
		roExec: common(own(written.roExec) ?? [], writable),
		limits: written.limits,
		...kept,
	};
}

/** Where the commands of this driver look for programs. */
function searchPathOf({ driver, ...around }: Around): string {
	const own = driver.kind === 'http' ? undefined : driver.env['PATH'];
	return childEnvironment(around.env, own === undefined ? {} : { PATH: expand(own, around) })['PATH'] ?? '';
}

function absolute(path: string, directory: string, home: string): string {
	if (path === '~' || path.startsWith('~/')) return `${home}${path.slice(1)}`;
	return path.startsWith('/') ? path : `${directory}/${path}`;
}

/** Folders that every sandbox has: its own, or the system's, which no list takes away. */
const everywhere = /^(?:\/(?:usr|bin|sbin|lib|lib32|lib64|libx32)(?:\/.*)?|\/(?:tmp|var\/tmp|dev\/shm|dev|proc))$/;

function treesOf(path: string, { tmp }: Pick<Around, 'tmp'>): readonly string[] {
	const forms = resolvePath(path, '/');
	if (forms === undefined) return [];
	const real = forms.physical ?? forms.real;
	return everywhere.test(real) || real === resolvePath(tmp, '/')?.real ? [] : [real];
}

function formsOf(paths: readonly string[]): readonly string[] {
	return [
		...new Set(
			paths.flatMap((path) => {
				const forms = resolvePath(path, '/');
				return forms === undefined ? [path] : [forms.lexical, forms.real];
			}),
		),
	].sort();
}

/** What lies in one of each list; undefined where no list says anything. */
function intersection(lists: readonly (readonly string[] | undefined)[]): readonly string[] | undefined {
	const said = lists.filter((list) => list !== undefined);
	const [first, ...rest] = said;
	return first === undefined ? undefined : rest.reduce<readonly string[]>(common, outermost(first));
}

function common(some: readonly string[], others: readonly string[]): readonly string[] {
	return outermost(
		some.flatMap((one) => others.flatMap((other) => (liesIn(one, other) ? [one] : liesIn(other, one) ? [other] : []))),
	);
}

/** Without those that lie in a tree of the other list. */
function without(trees: readonly string[], others: readonly string[]): readonly string[] {
	return trees.filter((tree) => !others.some((other) => liesIn(tree, other)));
}

function outermost(trees: readonly string[]): readonly string[] {
	const once = [...new Set(trees)].sort();
	return once.filter((tree) => !once.some((other) => other !== tree && liesIn(tree, other)));
}

function liesIn(path: string, tree: string): boolean {
	return path === tree || path.startsWith(tree === '/' ? '/' : `${tree}/`);
}

/** What both let through. */
function narrower(one: Confinement['network'], other: Confinement['network']): Confinement['network'] {
	if (one === 'all') return other;
	if (other === 'all') return one;
	if (one === 'none' || other === 'none') return 'none';
	const hosts = [
		...one.hosts.filter((host) => other.hosts.some((pattern) => covers(pattern, host))),
		...other.hosts.filter((host) => one.hosts.some((pattern) => covers(pattern, host))),
	];
	return hosts.length === 0 ? 'none' : { hosts: [...new Set(hosts)].sort() };
}

/** Is every host and port that `host` means one that `pattern` means? */
function covers(pattern: string, host: string): boolean {
	const [wideName, widePort] = partsOf(pattern);
	const [name, port] = partsOf(host);
	if (widePort !== undefined && widePort !== port) return false;
	if (wideName === name) return true;
	return wideName.startsWith('*.') && name.endsWith(wideName.slice(1)) && name.length > wideName.length - 1;
}

function partsOf(host: string): readonly [string, string | undefined] {
	const [, name = host, port] = /^(.*?)(?::(\d+))?$/.exec(host.toLowerCase()) ?? [];
	return [name, port];
}

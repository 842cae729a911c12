// What `doctor` found, section by section.
import type { Receipt } from '../../kernel/receipt.ts';
import type { RingState } from '../../kernel/ring.ts';
import type { AuditHealth } from '../audit-health.ts';
import type { Checkup, DriverHealth, LockHealth } from '../checkup.ts';
import type { ClientHealth } from '../connect/ways-around.ts';
import type { HttpHealth } from '../http-health.ts';
import { type Cell, columns, count, onOneLine } from './columns.ts';
import { type Paint, painter } from './paint.ts';
import { problemsText } from './problems.ts';

/** Several lines, without a final line break. */
export function checkupText(
	checkup: Checkup,
	{ cwd, color }: { readonly cwd: string; readonly color: boolean },
): string {
	const paint = painter(color);
	const { problems, ok } = checkup;
	const section = (title: string, lines: readonly string[]) => [
		paint('strong', title),
		...lines.map((line) => `  ${line}`),
		'',
	];
	return [
		...section('Configuration', configuration(checkup, paint)),
		...(problems.length === 0 ? [] : [problemsText(problems, { cwd, color }), '']),
		...(checkup.policy_rev === undefined ? [] : section('Drivers', drivers(checkup, paint))),
		...(checkup.lock === undefined ? [] : section('Lock', locked(checkup.lock, paint))),
		...ringSection(checkup.receipt, (title, lines) => section(title, lines), paint),
		...(checkup.http === undefined ? [] : section('HTTP callers', callers(checkup.http, paint))),
		...section('Audit log', audit(checkup.audit, paint)),
		...(checkup.policy_rev === undefined ? [] : section('Asking a person', asking(checkup, paint))),
		...(checkup.clients.length === 0
			? []
			: section(
					'Clients',
					checkup.clients.flatMap((one) => clientLines(one, paint)),
				)),
		...(checkup.doesNotHold.length === 0
			? []
			: section(
					'Does not hold',
					checkup.doesNotHold.map((text) => `${paint('caution', '-')} ${text}`),
				)),
		ok ? paint('good', 'everything is in order') : paint('bad', 'not everything is in order'),
	].join('\n');
}

function configuration({ file, policy_rev, mode, workspace, trust, files, rules }: Checkup, paint: Paint): string[] {
	if (policy_rev === undefined) return [`${mark(false, paint)} ${file} does not load`];
	const isTrusted = trust === 'not needed' || trust === 'trusted';
	const trustLine = {
		'not needed': 'no policy file lies in a workspace that an agent may write, so none needs trust',
		trusted: 'a person trusted these files as they are now',
		changed: `changed since they were trusted; read them, then: trapgate trust --config ${file}`,
		never: `nobody has trusted these files yet; read them, then: trapgate trust --config ${file}`,
	}[trust ?? 'never'];
	const layers = new Set(files.map(({ layer }) => layer));
	return [
		`${mark(true, paint)} ${file}  mode ${mode}, policy ${policy_rev.replace(/^sha256:/, '').slice(0, 8)}`,
		`${mark(isTrusted, paint)} ${trustLine}`,
		`  workspace ${workspace ?? 'none'}`,
		`  ${count(files.length, 'file')}, ${count(rules ?? 0, 'rule')}, ${count(layers.size, 'layer')}`,
		...columns(
			files.map((one) => [{ text: '' }, { text: one.layer, tone: 'quiet' }, { text: one.file }]),
			paint,
		),
	];
}

function callers({ keys, expired, damaged, trouble, issuer, hosts, metrics }: HttpHealth, paint: Paint): string[] {
	return [
		keys === 0
			? '  no keys: whoever has the token is what --agent says'
			: `${mark(true, paint)} ${count(keys, 'key')}, each its own agent: trapgate key list`,
		...(expired === 0 ? [] : [`  ${expired} of them ${expired === 1 ? 'is' : 'are'} over and let nobody in`]),
		...(damaged === 0 ? [] : [`${mark(false, paint)} ${count(damaged, 'damaged key')} that let nobody in`]),
		...(issuer === undefined
			? []
			: [`${mark(true, paint)} tokens of ${issuer}; one that is revoked there counts here until it ends`]),
		...(trouble === undefined ? [] : [`${mark(false, paint)} ${onOneLine(trouble)}`]),
		hosts.length === 0
			? '  served on loopback names only, or on addresses where another is listened on'
			: `  also served as ${hosts.join(', ')}; Trapgate itself speaks no TLS, so a proxy must: docs/http.md`,
		...(metrics.length === 0 ? [] : [`  metrics for keys of ${metrics.join(', ')}`]),
		'  --no-token lets every program of this machine in, a proxy here included',
	];
}

function drivers({ drivers: all, collision }: Checkup, paint: Paint): string[] {
	if (all.length === 0) return ['none configured: clients get no tools'];
	const clash =
		collision === undefined ? [] : [`${mark(false, paint)} the kernel would not boot: ${onOneLine(collision)}`];
	return [
		...columns(
			all.map((driver) => driverCells(driver)),
			paint,
		),
		...all.flatMap(saidLine),
		...clash,
	];
}

function driverCells(driver: DriverHealth): readonly Cell[] {
	const { name, state, server = '', era = '', tools = 0, absent, code, reason = '' } = driver;
	const head: Cell[] = [
		{ text: state === 'up' ? '✓' : '✗', tone: state === 'up' ? 'good' : 'bad' },
		{ text: name },
		{ text: state },
	];
	if (absent !== undefined) head[0] = { text: '✗', tone: 'bad' };
	if (state !== 'up') return [...head, { text: code === undefined ? reason : `${code} ${reason}` }];
	const gone = absent === undefined ? '' : `, ${absent.tools} absent for want of the runtime ring: ${absent.rule}`;
	return [...head, { text: `${count(tools, 'tool')}${gone}` }, { text: `MCP ${era}` }, { text: server, tone: 'quiet' }];
}

function saidLine({ name, state, said, reason }: DriverHealth): string[] {
	return state === 'down' && said !== undefined && said !== reason ? [`  ${name} said: ${onOneLine(said)}`] : [];
}

type Section = (title: string, lines: readonly string[]) => string[];

function ringSection(receipt: Receipt | undefined, section: Section, paint: Paint): string[] {
	const lines = receipt === undefined ? [] : coverage(receipt, paint);
	if (receipt === undefined || lines.length === 0) return [];
	return section(receipt.rules.length === 0 ? 'Runtime ring' : 'Rules about commands and processes', lines);
}

/** What holds each driver's processes, then each rule with its rings. */
function coverage({ drivers: all, rules }: Receipt, paint: Paint): string[] {
	return [
		...all.flatMap(({ name, ring }) => (ring === undefined ? [] : ringLines(name, ring, paint))),
		...columns(
			rules.map(({ id, effect, rings, gates, callOnly }) => [
				{ text: id },
				{ text: effect },
				{
					text: rings.length === 0 ? 'none' : rings.join(', '),
					tone: rings.includes('runtime') ? ('good' as const) : ('caution' as const),
				},
				{ text: [programList(gates), ...callOnly].filter((text) => text !== '').join('; '), tone: 'quiet' as const },
			]),
			paint,
		),
	];
}

function ringLines(name: string, ring: RingState, paint: Paint): string[] {
	switch (ring.is) {
		case 'holds':
			return [`${mark(true, paint)} ${name}  runtime ring: ${onOneLine(ring.proof)}`];
		case 'degraded':
			return [
				`${paint('caution', '!')} ${name}  runtime ring, with a layer less: ${onOneLine(ring.proof)}; ${onOneLine(ring.why)}`,
				...ring.hint.split('\n').map((line) => `  ${line}`),
			];
		case 'absent':
			return [
				`${paint('caution', '!')} ${name}  no runtime ring: ${onOneLine(ring.why)}`,
				...ring.hint.split('\n').map((line) => `  ${line}`),
			];
		default:
			return ring satisfies never;
	}
}

const mostPrograms = 6;

function programList(gates: readonly string[]): string {
	const more = gates.length - mostPrograms;
	return [...gates.slice(0, mostPrograms), ...(more > 0 ? [`and ${more} more`] : [])].join(' ');
}

function locked(lock: LockHealth, paint: Paint): string[] {
	const { state, file, rules, tools: accepted, drivers: of, unconfirmed } = lock;
	if (state === 'none')
		return ['no rule locks tools: a server can change them unnoticed (policies: [pack:tool-lock], then trapgate lock)'];
	if (state === 'missing')
		return [
			`${mark(false, paint)} there is no ${file}, so what ${rules.join(', ')} matches is hidden; run: trapgate lock`,
		];
	const open = [
		...(lock.changed === 0 ? [] : [`${lock.changed} changed`]),
		...(lock.new === 0 ? [] : [`${lock.new} new`]),
		...(lock.gone === 0 ? [] : [`${lock.gone} gone`]),
	];
	const held = rules.length === 0 ? 'no rule hides them' : `hidden by ${rules.join(', ')}`;
	return [
		`${mark(true, paint)} ${file}  ${count(accepted, 'tool')} of ${count(of, 'driver')} accepted`,
		...(open.length === 0
			? []
			: [`${paint('caution', '!')} ${open.join(', ')}; ${held}; look at them: trapgate lock --review`]),
		...(unconfirmed === 0
			? []
			: [
					`${paint('caution', '!')} of ${count(unconfirmed, 'tool')} nobody has said what they do, so they count as writing: trapgate lock --review`,
				]),
	];
}

function audit({ directory, state, why, key, keyMode, keyWhy, freeBytes }: AuditHealth, paint: Paint): string[] {
	const where = { writable: 'writable', missing: 'made at the first run', unusable: why ?? 'unusable' }[state];
	const signs = {
		private: `readable by you alone (${keyMode})`,
		missing: 'made at the first run',
		unusable: keyWhy ?? 'unusable',
	}[key];
	return [
		`${mark(state !== 'unusable', paint)} ${directory}  ${where}`,
		`${mark(key !== 'unusable', paint)} signing key  ${signs}`,
		...(freeBytes === undefined
			? []
			: [
					`${mark(freeBytes > scarceBytes, paint)} ${sizeText(freeBytes)} free; when nothing can be written, calls are refused`,
				]),
	];
}

const scarceBytes = 100 * 1024 * 1024;

function asking({ channels, askRules }: Checkup, paint: Paint): string[] {
	const rules = count(askRules, 'rule asks', 'rules ask');
	if (channels.length === 0 && askRules === 0) return ['no rule asks, no channel is configured'];
	if (channels.length === 0) {
		return [
			`${mark(false, paint)} ${rules} and no channel is configured, so nobody is asked: ask: { channels: [elicitation] }`,
		];
	}
	return [`${mark(true, paint)} ${channels.join(', ')}; ${rules}`];
}

function clientLines({ client, connected, waysAround = [] }: ClientHealth, paint: Paint): string[] {
	const id = client.toLowerCase().replace(' ', '-');
	if (!connected) return [`  ${client} is not connected: it meets no rule; trapgate connect ${id}`];
	if (waysAround.length === 0) return [`${mark(true, paint)} ${client} is connected, and no way around is known`];
	return [
		`${paint('caution', '!')} ${client} is connected, and a way around remains`,
		...waysAround.map((way) => `  ${paint('caution', '-')} ${onOneLine(way)}`),
	];
}

function mark(good: boolean, paint: Paint): string {
	return good ? paint('good', '✓') : paint('bad', '✗');
}

/** `420.1 GB`. */
function sizeText(bytes: number): string {
	const units = ['B', 'kB', 'MB', 'GB', 'TB'];
	const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
	return `${(bytes / 1000 ** step).toFixed(step < 2 ? 0 : 1)} ${units[step]}`;
}

// `trapgate demo`: the main job on real input: a scripted agent, two drivers, one policy, and the log's view of it.
import { join } from 'node:path';
import type { CallView } from '../../audit/calls.ts';
import { readCalls } from '../../audit/read.ts';
import type { AuditRecord } from '../../audit/record.ts';
import { verifyAudit } from '../../audit/verify.ts';
import { auditDirectoryOf, auditKeyFile } from '../../kernel/audit-paths.ts';
import { stateDirectories } from '../../kernel/state.ts';
import type { Command, CommandInput } from '../command.ts';
import type { Agent } from '../demo/agent.ts';
import { clientPage, logPage, openingPage, tablePage } from '../demo/pages.ts';
import { type Played, sceneText } from '../demo/print.ts';
import { type Scene, scenes } from '../demo/scenes.ts';
import { type DemoWorld, makeWorld } from '../demo/world.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { installedFile } from '../installation.ts';
import { painter } from '../render/paint.ts';

export const demo: Command = {
	name: 'demo',
	usage: '',
	summary: 'see it work: a scripted agent, two real drivers, calls allowed, narrowed, rewritten and denied',
	details: ['Runs in a temporary directory that is removed at the end. No model, no network, no change to your files.'],
	options: {},
	words: [0, 0],
	async run(input: CommandInput): Promise<ExitCode> {
		const world = makeWorld(input.around.cwd, input.around.env['PATH'] ?? '');
		try {
			return await play(world, input);
		} catch (error) {
			// Stopped half-way, whatever failed first is no news.
			if (!input.around.signal.aborted) throw error;
			return exitCodes.connection;
		} finally {
			world.remove();
		}
	},
};

/** The built program, also when this file runs from source. */
const main = installedFile('dist/cli/main.js');

async function play(world: DemoWorld, { global, around }: CommandInput): Promise<ExitCode> {
	const paint = painter(global.color);
	const say = (text: string) => around.stdout.write(`${world.shown(text)}\n`);
	around.stdout.write(`${openingPage(world, global.color)}\n`);
	const { startAgent } = await import('../demo/agent.ts');
	const agent = await startAgent(world, main, around.version);
	const stop = () => void agent.close();
	around.signal.addEventListener('abort', stop, { once: true });
	const failures: string[] = [];
	try {
		const shown = await agent.tools();
		say(tablePage(shown, global.color));
		if (!isTableRight(shown)) failures.push('the agent was shown other tools than the policy allows');
		for (const [at, scene] of scenes(world.workspace).entries()) {
			const played = await playScene(scene, agent, world);
			say(sceneText(played, at + 1, paint));
			if (!played.held) failures.push(`${scene.name}: ${scene.title}`);
		}
	} finally {
		around.signal.removeEventListener('abort', stop);
		await agent.close();
	}
	failures.push(...(await showLog(world, say, global.color)));
	around.stdout.write(
		`${clientPage({ node: process.execPath, main, config: join(around.cwd, 'trapgate.yaml') }, global.color)}\n`,
	);
	for (const failure of failures) around.stderr.write(`failed: ${world.shown(failure)}\n`);
	if (failures.length > 0) return exitCodes.findings;
	around.stdout.write(`${paint('good', 'Every call came out as the policy says.')}\n`);
	return exitCodes.fine;
}

async function playScene(scene: Scene, agent: Agent, world: DemoWorld): Promise<Played> {
	const before = agent.questions.length;
	const heard = await agent.call(scene.name, scene.args);
	const record = (await recordsOf(world)).findLast((one): one is CallView => one.event === 'call');
	const asLogged =
		record?.decision === scene.verdict &&
		(scene.rule === undefined ? record.rules.length === 0 : record.rules.includes(scene.rule));
	const held = asLogged && scene.holds(heard);
	return { scene, heard, record, questions: agent.questions.slice(before), held };
}

async function recordsOf(world: DemoWorld): Promise<readonly (AuditRecord | CallView)[]> {
	const records: (AuditRecord | CallView)[] = [];
	for await (const record of readCalls(auditDirectoryOf(undefined, stateDirectories(world.env)))) records.push(record);
	return records;
}

function isTableRight(shown: ReadonlyMap<string, readonly string[]>): boolean {
	const wanted =
		'filesystem__edit_file filesystem__list_directory filesystem__read_text_file filesystem__write_file shell__run';
	const read = shown.get('filesystem__read_text_file') ?? [];
	const run = shown.get('shell__run') ?? [];
	return (
		[...shown.keys()].sort().join(' ') === wanted && !read.includes('tail') && run.join(' ') === 'command timeoutMs'
	);
}

/** Prints the log's view; returns what is wrong with it. */
async function showLog(world: DemoWorld, say: (text: string) => void, color: boolean): Promise<readonly string[]> {
	const directories = stateDirectories(world.env);
	const directory = auditDirectoryOf(undefined, directories);
	// Shortened before they are laid out, so that the columns stand.
	const records = JSON.parse(world.shown(JSON.stringify(await recordsOf(world)))) as Awaited<
		ReturnType<typeof recordsOf>
	>;
	const report = await verifyAudit({ directory, keyFile: auditKeyFile(directories) });
	say(logPage(records, report, directory, color));
	const calls = records.filter(({ event }) => event === 'call').length;
	const wanted = scenes(world.workspace).length;
	return [
		...(report.ok && report.interrupted.length === 0 ? [] : ['the log does not verify']),
		...(calls === wanted ? [] : [`the log has ${calls} calls, ${wanted} were made`]),
	];
}

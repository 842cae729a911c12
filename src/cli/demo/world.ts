// The demo's own small world: a workspace, something outside it, a policy, and private state; removed at the end.
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { TrapgateError } from '../../abi/problem.ts';
import { demoPolicy } from './policy.ts';

export interface DemoWorld {
	readonly root: string;
	readonly workspace: string;
	readonly config: string;
	readonly policy: string;
	/** For the kernel: nothing of the user's own state or configuration takes part. */
	readonly env: Record<string, string>;
	/** A text with the random part of our paths taken out. */
	shown(text: string): string;
	remove(): void;
}

/** What the world's root is called in everything the demo prints. */
export const shownRoot = '/demo';

const serverPackage = '@modelcontextprotocol/server-filesystem';

/** Makes everything. Throws D101 when the filesystem server is not installed. */
export function makeWorld(from: string, path: string): DemoWorld {
	const server = findServer(from);
	const root = realpathSync(mkdtempSync(join(tmpdir(), 'trapgate-demo-')));
	const workspace = join(root, 'workspace');
	const policy = demoPolicy(process.execPath, server);
	const files: Readonly<Record<string, string>> = {
		'trapgate.yaml': policy,
		'payroll.csv': 'name,salary\nAda,82000\n',
		'workspace/README.md': '# Shop\n\nA small shop.\n',
		'workspace/server.log': Array.from({ length: 200 }, (_, line) => `line ${line + 1} GET /cart 200\n`).join(''),
		'workspace/.env': 'PAYMENT_KEY=not-a-real-key\n',
	};
	for (const [name, text] of Object.entries(files)) {
		mkdirSync(dirname(join(root, name)), { recursive: true });
		writeFileSync(join(root, name), text);
	}
	symlinkSync('../payroll.csv', join(workspace, 'notes.csv'));
	return {
		root,
		workspace,
		config: join(root, 'trapgate.yaml'),
		policy,
		env: {
			PATH: path,
			HOME: root,
			XDG_STATE_HOME: join(root, 'state'),
			XDG_CONFIG_HOME: join(root, 'config'),
		},
		shown: (text) => text.replaceAll(root, shownRoot),
		remove: () => rmSync(root, { recursive: true, force: true }),
	};
}

/** The server's program, wherever npm put it: beside this installation or in the user's project. */
function findServer(from: string): string {
	for (const place of [import.meta.url, join(from, 'package.json')]) {
		try {
			const manifest = createRequire(place).resolve(`${serverPackage}/package.json`);
			const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as { bin: Record<string, string> };
			return join(dirname(manifest), Object.values(bin)[0] ?? '');
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
		}
	}
	throw new TrapgateError('D101', `the demo needs the MCP server \`${serverPackage}\`, which is not installed here`, {
		help: `npm install ${serverPackage}`,
	});
}

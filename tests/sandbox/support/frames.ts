// What a trap would say, for tests that play one.
import { encodeBytes } from '../../../src/sandbox/bytes.ts';

export interface Execution {
	readonly path: string;
	readonly file: string;
	readonly cwd: string;
	readonly argv: readonly string[];
	readonly env: readonly string[];
	readonly umask?: number;
	readonly limits?: Readonly<Record<number, bigint>>;
}

export function trapFrame({ path, file, cwd, argv, env, umask = 0o22, limits = {} }: Execution): Buffer {
	const texts = Buffer.concat(
		[path, file, cwd, ...argv, ...env].flatMap((text) => [encodeBytes(text), Buffer.alloc(1)]),
	);
	const head = Buffer.alloc(24 + 16 * 8, 0xff);
	head.write('TGE1', 0, 'latin1');
	for (const [index, value] of [texts.length, argv.length, env.length, umask, 0b111].entries()) {
		head.writeUInt32LE(value, 4 + 4 * index);
	}
	for (const [resource, value] of Object.entries(limits)) head.writeBigUInt64LE(value, 24 + 8 * Number(resource));
	return Buffer.concat([head, texts]);
}

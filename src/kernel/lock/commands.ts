// `commands:` of a driver that name a tool or an argument which nobody has: what they carry would be read by no rule.
import { isJsonObject } from '../../abi/json.ts';
import type { Problem } from '../../abi/problem.ts';
import { parseArgument } from '../../policy/arguments.ts';
import { declares, inputSchema, parametersOf } from '../../policy/tool-schema.ts';
import { keyPlace, type Path, place } from '../../text/places.ts';
import { suggest } from '../../text/suggest.ts';
import { readYaml } from '../../text/yaml.ts';
import type { KernelConfig } from '../config.ts';
import type { SourceFile } from '../sources.ts';
import type { DriverLock, Lock } from './lock.ts';

/** P201 and P202; of drivers of which nothing was recorded nobody knows. */
export function misnamedCommands({ drivers }: KernelConfig, lock: Lock, root: SourceFile): Problem[] {
	return drivers.flatMap(({ name, commands }) => {
		const held = lock.drivers.get(name);
		if (held === undefined) return [];
		return Object.entries(commands).flatMap(([tool, pointer]): Problem[] => {
			const at = ['drivers', name, 'commands', tool];
			const found = mistakeIn(held, name, tool, pointer);
			if (found === undefined) return [];
			const { isOfTool, ...problem } = found;
			return [{ ...problem, severity: 'error', where: placeIn(root, at, isOfTool) }];
		});
	});
}

interface Mistake extends Pick<Problem, 'code' | 'message' | 'label'> {
	readonly help: string;
	readonly isOfTool: boolean;
}

function mistakeIn({ tool: tools }: DriverLock, driver: string, tool: string, pointer: string): Mistake | undefined {
	const entry = tools.get(tool);
	const label = 'no rule about commands looks there';
	if (entry === undefined) {
		const near = suggest(tool, tools.keys());
		const help = near === undefined ? 'run: trapgate tools --all' : `did you mean \`${near}\`?`;
		return {
			code: 'P201',
			message: `\`${driver}\` has no tool \`${tool}\` in trapgate.lock`,
			label,
			help,
			isOfTool: true,
		};
	}
	const schema = inputSchema(isJsonObject(entry.definition) ? entry.definition : undefined);
	if (declares(schema, parseArgument(pointer)) !== 'no') return undefined;
	const names = parametersOf(schema).map(({ path }) => `/${path.join('/')}`);
	const near = suggest(pointer, names);
	const named = names.length === 0 ? 'it has no parameters' : `parameters: ${names.slice(0, 12).join(', ')}`;
	const help = near === undefined ? named : `did you mean \`${near}\`?`;
	const message = `\`${driver}/${tool}\` has no parameter \`${pointer}\``;
	return { code: 'P202', message, label, help, isOfTool: false };
}

/** Read again, for the few that are wrong. */
function placeIn({ file, text }: SourceFile, path: Path, isKey: boolean) {
	const read = readYaml(text, file);
	if (!read.ok) return { file, line: 1, column: 1, length: 1 };
	return (isKey ? keyPlace : place)(read.document, path);
}

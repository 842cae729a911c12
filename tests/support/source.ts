// Reads TypeScript sources with the compiler's own parser, so that no spelling of an import is missed.
import { readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import {
	isCallExpression,
	isIdentifier,
	isStringLiteralLikeNode,
	type Node,
	SyntaxKind,
} from 'typescript/unstable/ast';
import { API } from 'typescript/unstable/sync';

export interface Import {
	/** What stands between the quotes; undefined when it is computed. */
	readonly from: string | undefined;
	readonly line: number;
}

/** A node below the top of a file, with its 1-based line. */
export interface Place {
	readonly node: Node;
	readonly line: number;
}

export interface Source {
	/** Below the folder that was read, with `/`. */
	readonly path: string;
	readonly text: string;
	readonly statements: readonly Node[];
	/** Every module named in any way: import, export from, type import, `import()` in code and in types, `require`, augmentation. */
	readonly imports: readonly Import[];
	readonly nodes: readonly Place[];
}

/**
 * Parses every `.ts` file below `folder/src`; `folder` has a tsconfig.json that includes them.
 * Throws when the compiler knows fewer files than the disk: a check must prove that it looked.
 */
export function readSources(folder: string): readonly Source[] {
	const api = new API({ cwd: folder });
	try {
		const config = join(folder, 'tsconfig.json');
		const project = api.updateSnapshot({ openProjects: [config] }).getProject(config);
		return listFiles(folder).map((path) => {
			const file = project?.program.getSourceFile(join(folder, path));
			if (file === undefined) throw new Error(`${path} is on disk, and the compiler does not know it`);
			const lineOf = (node: Node) => file.getLineAndCharacterOfPosition(node.end).line + 1;
			const nodes = below(file).map((node) => ({ node, line: lineOf(node) }));
			const named = [...file.imports, ...file.moduleAugmentations].map((node) => ({
				from: isStringLiteralLikeNode(node) ? node.text : undefined,
				line: lineOf(node),
			}));
			const references = [...file.referencedFiles, ...file.typeReferenceDirectives].map(({ fileName, pos }) => ({
				from: fileName,
				line: file.getLineAndCharacterOfPosition(pos).line + 1,
			}));
			return {
				path: path.split(sep).join('/'),
				text: file.text,
				statements: file.statements,
				imports: [...named, ...references, ...nodes.flatMap(unlisted)],
				nodes,
			};
		});
	} finally {
		api.close();
	}
}

/** What the compiler leaves out of its list: `require` and an `import()` whose module is computed. */
function unlisted({ node, line }: Place): Import[] {
	if (!isCallExpression(node)) return [];
	const [argument] = node.arguments;
	const from = argument !== undefined && isStringLiteralLikeNode(argument) ? argument.text : undefined;
	if (isIdentifier(node.expression) && node.expression.text === 'require') return [{ from, line }];
	return node.expression.kind === SyntaxKind.ImportKeyword && from === undefined ? [{ from, line }] : [];
}

function below(top: Node): Node[] {
	const found: Node[] = [];
	const visit = (node: Node): undefined => {
		found.push(node);
		node.forEachChild(visit);
	};
	top.forEachChild(visit);
	return found;
}

function listFiles(folder: string): string[] {
	return readdirSync(join(folder, 'src'), { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile() && /\.[cm]?tsx?$/.test(entry.name))
		.map((entry) => relative(folder, join(entry.parentPath, entry.name)))
		.sort();
}

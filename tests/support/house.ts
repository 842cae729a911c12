// The rules of the house: who may import whom, which rooms are pure, and what only one file may do.
import { posix } from 'node:path';
import {
	isBinaryExpression,
	isBindingElement,
	isCallExpression,
	isElementAccessExpression,
	isExportDeclaration,
	isIdentifier,
	isImportDeclaration,
	isImportSpecifier,
	isNewExpression,
	isPropertyAccessExpression,
	isPropertyDeclaration,
	isStringLiteralLikeNode,
	isVariableStatement,
	type Node,
	NodeFlags,
	SyntaxKind,
} from 'typescript/unstable/ast';
import type { Place, Source } from './source.ts';

/** Room → the rooms it may import from, type imports included. */
export const arrows: Readonly<Record<string, readonly string[]>> = {
	abi: [],
	text: ['abi'],
	shell: ['abi'],
	audit: ['abi'],
	sandbox: ['abi'],
	wire: ['abi'],
	policy: ['abi', 'text'],
	drivers: ['abi', 'sandbox', 'wire'],
	kernel: ['abi', 'text', 'policy', 'shell', 'audit', 'sandbox', 'drivers', 'wire'],
	cli: ['kernel', 'abi', 'text', 'policy', 'shell', 'audit', 'sandbox', 'drivers', 'wire'],
};

/** Package → the paths that may import it. */
export const homes: Readonly<Record<string, RegExp>> = {
	yaml: /^src\/text\//,
	zod: /^src\/(abi|text|policy|kernel)\//,
	minimatch: /^src\/policy\//,
	re2js: /^src\/policy\//,
	'@marcbachmann/cel-js': /^src\/policy\/cel-parse\.ts$/,
	execa: /^src\/(drivers|sandbox)\//,
	jose: /^src\/kernel\/oauth\.ts$/,
	'@opentelemetry/api': /^src\/kernel\/traces\.ts$/,
	'rate-limiter-flexible': /^src\/kernel\/limits\.ts$/,
	'libpg-query': /^src\/policy\/sql-kinds\.ts$/,
	'smol-toml': /^src\/cli\/connect\/toml-editor\.ts$/,
	unbash: /^src\/shell\/(parser|cross-check)\.ts$/,
	'@modelcontextprotocol/sdk': /^src\/cli\/(.*\/)?demo/,
};

const pureRooms: readonly string[] = ['abi', 'text', 'policy', 'shell'];

/** Names whose mere mention makes a pure room impure. `Date` and `Math` have harmless parts, so they are looked at closer. */
const impure: ReadonlySet<string> = new Set([
	...['process', 'console', 'globalThis', 'global', 'performance', 'crypto', 'Buffer', 'NodeJS', 'require', 'fetch'],
	...['setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval', 'clearImmediate', 'queueMicrotask'],
	...['Worker', 'WebSocket', 'eval', 'Function', 'navigator'],
]);

export function roomOf(path: string): string {
	return /^src\/([^/]+)\//.exec(path)?.[1] ?? path;
}

/** Every rule this file breaks, as `path:line what is wrong`. */
export function violations(source: Source): string[] {
	const found = [
		...importViolations(source),
		...purityViolations(source),
		...privilegeViolations(source),
		...stateViolations(source),
		...shapeViolations(source),
	];
	return [...new Set(found)];
}

function importViolations({ path, imports }: Source): string[] {
	const room = roomOf(path);
	return imports.flatMap(({ from, line }) => {
		const say = (what: string) => [`${path}:${line} ${what}`];
		if (from === undefined) return say('imports a module whose name is computed');
		if (from.startsWith('node:')) return pureRooms.includes(room) ? say(`is in a pure room and imports ${from}`) : [];
		if (!from.startsWith('.')) {
			const name = from.startsWith('@') ? from.split('/').slice(0, 2).join('/') : (from.split('/')[0] ?? from);
			const home = homes[name];
			if (home === undefined) return say(`imports ${from}, which has no home in this house`);
			return home.test(path) ? [] : say(`imports ${from}, whose home is elsewhere`);
		}
		const target = posix.join(posix.dirname(path), from);
		if (!target.startsWith('src/') || !target.endsWith('.ts')) return say(`imports ${from}, which is no source file`);
		const other = roomOf(target);
		if (other === room) return [];
		if (path === 'src/index.ts') return other in arrows && other !== 'cli' ? [] : say(`may not import ${from}`);
		return arrows[room]?.includes(other) ? [] : say(`is in ${room}, which may not import from ${other}`);
	});
}

function purityViolations({ path, nodes }: Source): string[] {
	if (!pureRooms.includes(roomOf(path))) return [];
	return nodes.flatMap(({ node, line }) => {
		const what = impurity(node);
		return what === undefined ? [] : [`${path}:${line} is in a pure room and uses ${what}`];
	});
}

function impurity(node: Node): string | undefined {
	if (node.kind === SyntaxKind.MetaProperty) return 'import.meta';
	if (!isIdentifier(node) || isOnlyAName(node)) return undefined;
	if (impure.has(node.text)) return node.text;
	const { parent } = node;
	const property = isPropertyAccessExpression(parent) && parent.expression === node ? parent.name.text : undefined;
	if (node.text === 'Math')
		return property === undefined || property === 'random' ? 'Math.random or a way to it' : undefined;
	if (node.text === 'Date') {
		if (property === 'parse' || property === 'UTC' || parent.kind === SyntaxKind.TypeReference) return undefined;
		if (isNewExpression(parent) && (parent.arguments?.length ?? 0) > 0) return undefined;
		if (isBinaryExpression(parent) && parent.operatorToken.kind === SyntaxKind.InstanceOfKeyword) return undefined;
		return 'the clock';
	}
	return undefined;
}

/** True for the name of a member: `x.process`, `{ process: 1 }`, `process?: string`. A shorthand `{ process }` is a use. */
function isOnlyAName(node: Node): boolean {
	const { parent } = node;
	switch (parent.kind) {
		case SyntaxKind.PropertyAccessExpression:
		case SyntaxKind.PropertyAssignment:
		case SyntaxKind.PropertySignature:
		case SyntaxKind.PropertyDeclaration:
		case SyntaxKind.MethodDeclaration:
		case SyntaxKind.MethodSignature:
		case SyntaxKind.GetAccessor:
		case SyntaxKind.SetAccessor:
			return (parent as Node & { readonly name: Node }).name === node;
		case SyntaxKind.BindingElement:
			return (parent as Node & { readonly propertyName?: Node }).propertyName === node;
		default:
			return false;
	}
}

/** What only one place may do: grant permits, and end the process. */
function privilegeViolations({ path, text, statements, nodes }: Source): string[] {
	const found: string[] = [];
	// By text, so that no alias, string or re-export gets round it.
	if (text.includes('takeGrantor') && path !== 'src/abi/permit.ts' && path !== 'src/kernel/boot.ts') {
		found.push(`${path}:1 names takeGrantor`);
	}
	for (const { node, line } of nodes) {
		if (takesPermitWhole(node)) found.push(`${path}:${line} imports permit.ts as a whole`);
	}
	for (const statement of statements) {
		if (!isExportDeclaration(statement) || statement.moduleSpecifier === undefined) continue;
		if (statement.exportClause === undefined || statement.exportClause.kind === SyntaxKind.NamespaceExport) {
			found.push(`${path}:1 exports a module as a whole; name what is exported`);
		}
	}
	if (path !== 'src/cli/main.ts') {
		for (const place of nodes) if (endsProcess(place)) found.push(`${path}:${place.line} ends the process`);
	}
	return found;
}

/** `import * as` and `import()` of permit.ts: what is taken from the whole can't be seen. */
function takesPermitWhole(node: Node): boolean {
	const isPermit = (from: Node | undefined) =>
		from !== undefined && isStringLiteralLikeNode(from) && from.text.endsWith('/permit.ts');
	if (isCallExpression(node)) return node.expression.kind === SyntaxKind.ImportKeyword && isPermit(node.arguments[0]);
	if (!isImportDeclaration(node) || !isPermit(node.moduleSpecifier)) return false;
	return node.importClause?.namedBindings?.kind === SyntaxKind.NamespaceImport;
}

/** `process.exit`, `process['exit']`, `const { exit } = process`, `import { exit } from 'node:process'`; `abort` and `reallyExit` too. */
function endsProcess({ node }: Place): boolean {
	const isProcess = (other: Node | undefined) => other !== undefined && isIdentifier(other) && other.text === 'process';
	const ends = (name: Node | undefined) =>
		name !== undefined &&
		(isIdentifier(name) || isStringLiteralLikeNode(name)) &&
		['exit', 'abort', 'reallyExit'].includes(name.text);
	if (isPropertyAccessExpression(node)) return isProcess(node.expression) && ends(node.name);
	if (isElementAccessExpression(node))
		return isProcess(node.expression) && !isPlainOther(node.argumentExpression, ends);
	if (isBindingElement(node)) {
		const declared = node.parent.parent as Node & { readonly initializer?: Node };
		return isProcess(declared.initializer) && ends(node.propertyName ?? node.name);
	}
	if (isImportSpecifier(node)) {
		const declaration = node.parent.parent.parent;
		const from = isImportDeclaration(declaration) ? declaration.moduleSpecifier : undefined;
		const isFromProcess = from !== undefined && isStringLiteralLikeNode(from) && /^(node:)?process$/.test(from.text);
		return isFromProcess && ends(node.propertyName ?? node.name);
	}
	return false;
}

function isPlainOther(key: Node, ends: (name: Node) => boolean): boolean {
	return isStringLiteralLikeNode(key) && !ends(key);
}

/** State at module level has no owner: two kernels in one process would share it. */
function stateViolations({ path, statements, nodes }: Source): string[] {
	if (path === 'src/abi/permit.ts') return [];
	const found: string[] = [];
	const say = (node: Node, what: string) => {
		found.push(`${path}:${nodes.find((place) => place.node === node)?.line ?? 1} ${what}`);
	};
	for (const statement of statements) {
		if (!isVariableStatement(statement)) continue;
		const { flags, declarations } = statement.declarationList;
		if ((flags & NodeFlags.Const) === 0) say(statement, 'has a variable at module level');
		for (const { initializer } of declarations) {
			const isEmptyContainer =
				initializer !== undefined &&
				isNewExpression(initializer) &&
				isIdentifier(initializer.expression) &&
				/^(Weak)?(Map|Set)$/.test(initializer.expression.text) &&
				(initializer.arguments?.length ?? 0) === 0;
			if (isEmptyContainer) say(statement, 'has a container at module level that can only be meant to change');
		}
	}
	for (const { node, line } of nodes) {
		if (!isPropertyDeclaration(node)) continue;
		const kinds = node.modifiers?.map((modifier) => modifier.kind) ?? [];
		if (kinds.includes(SyntaxKind.StaticKeyword) && !kinds.includes(SyntaxKind.ReadonlyKeyword)) {
			found.push(`${path}:${line} has a static field that can change`);
		}
	}
	return found;
}

function shapeViolations({ path, text }: Source): string[] {
	const [first = '', second = ''] = text.split('\n', 2);
	const opening = first.startsWith('#!') ? second : first;
	const found = /^\/\/ \S.*[.!?)`]$/.test(opening)
		? []
		: [`${path}:1 does not open with a one-line comment that is a sentence`];
	const room = roomOf(path);
	if (!(room in arrows) && path !== 'src/index.ts') found.push(`${path}:1 is in no room of this house`);
	if (!/^[a-z0-9]+(-[a-z0-9]+)*\.ts$|^_template\.ts$/.test(posix.basename(path)))
		found.push(`${path}:1 is not named in kebab-case`);
	return found;
}

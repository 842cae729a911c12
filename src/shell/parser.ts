// The one door to the shell parser: text in, syntax tree or reason out.
import { forEachChild, type ParsedScript, parse, type SyntaxNode } from 'unbash';

export type {
	ArithmeticExpression,
	ArrayValue,
	Assignment,
	Command as CommandNode,
	CommandArgument,
	CommandExpansionPart,
	CompoundList,
	HereDoc,
	ParameterExpansionPart,
	ParsedScript,
	Pipeline,
	Redirection,
	Script,
	Statement,
	SyntaxNode,
	TestExpression,
	Word as WordNode,
	WordPart,
} from 'unbash';

/** The definition of a function. */
export type FunctionNode = Extract<SyntaxNode, { readonly type: 'Function' }>;

/** The tree of a text, or undefined where the parser gives up altogether. Errors it recovered from are in the tree. */
export function parseText(text: string): ParsedScript | undefined {
	try {
		return parse(text);
	} catch {
		return undefined;
	}
}

/** Calls back for each direct child; forces what the parser left for later. */
export function eachChild(node: SyntaxNode, callback: (child: SyntaxNode) => void): void {
	forEachChild(node, callback);
}

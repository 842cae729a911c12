// Turns what a rule does into a form that can be done: paths parsed, variables put in, patterns compiled.
import type { Json } from '../abi/json.ts';
import { parseArgument } from './arguments.ts';
import { compileRedaction } from './compile-redaction.ts';
import { compilePattern, compileRoots } from './compile-values.ts';
import type { CompiledAction, Edit, Narrowed } from './compiled.ts';
import { hasSubject } from './match.ts';
import type { Notes } from './notes.ts';
import type { Narrowing, ParamRewrite, Rule, SandboxTerms } from './rule.ts';
import { expandJson, expandText, expandValues } from './variables.ts';

export function compileAction({ action, match }: Rule, notes: Notes): CompiledAction {
	switch (action.kind) {
		case 'hide':
		case 'deny':
		case 'allow':
		case 'lock':
			return { kind: action.kind };
		case 'ask':
		case 'rewrite-command':
		case 'limit':
		case 'truncate':
			return action;
		case 'redact':
			return { kind: 'redact', redaction: compileRedaction(action.redaction, notes) };
		case 'sandbox':
			return { kind: 'sandbox', terms: compileSandbox(action.terms, notes) };
		case 'pin':
			needsTool(match, action.kind, notes);
			return {
				kind: 'pin',
				params: Object.entries(action.params).map(([key, value]) => ({
					path: parseArgument(key),
					value: expandJson(value, notes.variables, notes.unknown),
				})),
			};
		case 'narrow':
			needsTool(match, action.kind, notes);
			return {
				kind: 'narrow',
				params: Object.entries(action.params).map(([key, narrowing]) => compileNarrowing(key, narrowing, notes)),
			};
		case 'rewrite':
			needsTool(match, action.kind, notes);
			return {
				kind: 'rewrite',
				edits: Object.entries(action.params).flatMap(([key, rewrite]) => compileEdit(key, rewrite, notes)),
			};
		default:
			return action satisfies never;
	}
}

function compileSandbox({ read, write, network }: SandboxTerms, notes: Notes): SandboxTerms {
	return {
		...(read === undefined ? {} : { read: compileRoots(read, notes) }),
		...(write === undefined ? {} : { write: compileRoots(write, notes) }),
		...(network === undefined ? {} : { network }),
	};
}

function compileNarrowing(key: string, narrowing: Narrowing, notes: Notes): Narrowed {
	const { drop = false, optional = false, min, max, maxLength, pattern } = narrowing;
	const allowed = narrowing.enum;
	return {
		path: parseArgument(key),
		drop,
		optional,
		patterns: pattern === undefined ? [] : compilePattern(pattern, notes),
		...(min === undefined ? {} : { min }),
		...(max === undefined ? {} : { max }),
		...(maxLength === undefined ? {} : { maxLength }),
		...(allowed === undefined ? {} : { enum: expandValues(allowed, notes.variables, notes.unknown) }),
	};
}

function compileEdit(key: string, rewrite: ParamRewrite, notes: Notes): Edit[] {
	const path = parseArgument(key);
	const value = (json: Json) => expandJson(json, notes.variables, notes.unknown);
	switch (rewrite.op) {
		case 'set':
		case 'default':
			return [{ path, op: rewrite.op, value: value(rewrite.value) }];
		case 'remove':
			return [{ path, op: 'remove' }];
		case 'replace': {
			// In a replacement `$` means something; in the value of a variable it does not.
			const [text = rewrite.with] = expandText(rewrite.with, notes.variables, notes.unknown, (one) =>
				one.replaceAll('$', '$$$$'),
			);
			return compilePattern(rewrite.pattern, notes).map((pattern) => ({ path, op: 'replace', pattern, with: text }));
		}
		default:
			return rewrite satisfies never;
	}
}

/** Only a tool's arguments can be changed; a rule that tries it elsewhere would silently do nothing. */
function needsTool(match: Rule['match'], kind: string, notes: Notes): void {
	if (hasSubject(match) && match.tool === undefined) {
		notes.report(
			'P102',
			`\`${kind}\` changes the arguments of tools, and this rule matches none`,
			'add `tool:` to its match, or use `deny`',
		);
	}
}

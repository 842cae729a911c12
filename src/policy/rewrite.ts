// `rewrite`: arguments changed so that the call becomes one that may run.
import type { Json, JsonObject } from '../abi/json.ts';
import { findArguments } from './arguments.ts';
import { applies, type CompiledRule, type Edit, type RuleOf } from './compiled.ts';
import type { Look } from './look.ts';
import type { ArgumentEdit } from './settle.ts';

/** What one rule changes in `args`, in the order its file names the parameters. */
export function rewrite(rule: RuleOf<'rewrite'>, args: JsonObject): ArgumentEdit[] {
	return rule.action.edits.flatMap((edit) => applyEdit(edit, args));
}

/**
 * A rewrite must cure: true when the rule still applies to what became of the call. A rule without conditions on
 * arguments has nothing to cure; it is enough that applying it again changes nothing.
 */
export function failsToCure(rule: CompiledRule, final: Look): boolean {
	const parts = [rule, ...rule.except];
	const readsArguments = parts.some(
		({ conditions, command }) => command !== undefined || conditions.some(({ reads }) => reads === 'args'),
	);
	return readsArguments && applies(rule, final);
}

function applyEdit(edit: Edit, args: JsonObject): ArgumentEdit[] {
	const { path } = edit;
	const isThere = findArguments(args, path, false).length > 0;
	switch (edit.op) {
		case 'set':
			return [{ path, value: edit.value }];
		case 'default':
			return isThere ? [] : [{ path, value: edit.value }];
		case 'remove':
			return isThere ? [{ path, value: undefined }] : [];
		case 'replace': {
			const [value] = findArguments(args, path, false);
			return value === undefined ? [] : [{ path, value: replaceIn(value, edit.pattern.replaceAll, edit.with) }];
		}
		default:
			return edit satisfies never;
	}
}

/** Replaces in a text, or in every text of an array; other values stay. */
function replaceIn(value: Json, replaceAll: (text: string, replacement: string) => string, replacement: string): Json {
	if (typeof value === 'string') return replaceAll(value, replacement);
	return Array.isArray(value) ? value.map((item: Json) => replaceIn(item, replaceAll, replacement)) : value;
}

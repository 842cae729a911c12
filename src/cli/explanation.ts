// A decision with its reasons as a document for machines.
import type { LimitUse } from '../abi/decision.ts';
import type { Json, JsonObject } from '../abi/json.ts';
import type { Answer, Question } from '../kernel/question.ts';
import type { Revision } from '../kernel/revision.ts';
import type { SeenText } from '../policy/explain.ts';
import type { Asked } from './batch.ts';
import { nearMisses, resultRules } from './render/decision.ts';

/** `isRun`: the question was a shell command, so both forms are shown as its text. */
export function explanationJson(
	{ target, agent, at }: Question,
	{ decision, considered, seen }: Answer,
	isRun: boolean,
	revision: Pick<Revision, 'id'>,
): JsonObject {
	const results = resultRules(decision, considered);
	const shape = (form: Asked): JsonObject =>
		isRun ? { run: finalOf(form, true) } : { call: `${form.driver}/${form.tool}`, args: form.args };
	return {
		verdict: decision.verdict,
		acted: decision.acted,
		mode: decision.mode,
		agent,
		at: new Date(at).toISOString(),
		call: shape(target as Asked),
		final: shape(decision.final as Asked),
		rules: decision.because.map(({ id, where, effect, matched, command }) => ({
			id,
			...(where === undefined ? {} : { file: where.file, line: where.line }),
			effect,
			matched,
			...(command === undefined ? {} : { command }),
		})),
		...(decision.limits === undefined ? {} : { limits: decision.limits.map(limitJson) }),
		...(results.length === 0 ? {} : { results: results.map(({ id, action }) => ({ id, effect: action.kind })) }),
		...(seen.length === 0 ? {} : { seen: seen.map(seenJson) }),
		changes: decision.changes.map(({ path, from, to, rule }) => ({
			path,
			...(from === undefined ? {} : { from }),
			...(to === undefined ? {} : { to }),
			rule,
		})),
		reason: decision.reason ?? null,
		instead: decision.instead ?? null,
		...(decision.error === undefined ? {} : { error: decision.error }),
		near: nearMisses(considered).map(({ rule, firstFailed, doubts }) => ({
			id: rule.id,
			failed: firstFailed,
			...(doubts === undefined ? {} : { doubts }),
		})),
		policy_rev: revision.id,
	};
}

function limitJson({ rule, calls, perMs, scope, mode }: LimitUse): JsonObject {
	return { id: rule.id, calls, per_ms: perMs, scope, mode };
}

function seenJson({ form, argument, commands, gaps }: SeenText): JsonObject {
	return {
		form,
		argument,
		commands: commands.map(({ command, rules }) => ({
			program: command.program,
			argv: command.argv,
			subcommands: command.subcommands,
			flags: command.flags,
			facts: { ...command.facts },
			unsure: command.unsure,
			under: command.under.map((launcher) => launcher.command),
			rules,
		})),
		gaps: gaps.map(({ kind, detail }) => ({ kind, detail })),
	};
}

/** The arguments of a call, the text of a command. */
export function finalOf({ args }: Asked, isRun: boolean): Json {
	return isRun ? (args['command'] ?? null) : args;
}

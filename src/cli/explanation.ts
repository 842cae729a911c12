// A decision with its reasons as a document for machines.
import type { LimitUse } from '../abi/decision.ts';
import type { Json, JsonObject } from '../abi/json.ts';
import type { Place } from '../abi/problem.ts';
import type { Answer, Question } from '../kernel/question.ts';
import { readingOf } from '../kernel/reading.ts';
import type { Revision } from '../kernel/revision.ts';
import { effectOf } from '../policy/compiled.ts';
import type { SeenText } from '../policy/explain.ts';
import type { Asked } from './batch.ts';
import { matchedBesides, nearMisses, resultRules } from './considered.ts';

export interface ExplanationView {
	readonly revision: Pick<Revision, 'id' | 'config' | 'lock' | 'set'>;
	/** The question was a shell command, so both forms are shown as its text. */
	readonly isRun: boolean;
	/** Every rule that could be about such a call, not only those that came near. */
	readonly isAll: boolean;
}

export function explanationJson(
	{ target, agent, at }: Question & { readonly target: Asked },
	{ decision, considered, seen, assumed = false, cwd }: Answer,
	{ isRun, isAll, revision }: ExplanationView,
): JsonObject {
	const results = resultRules(decision, considered);
	const reading = readingOf({ revision, target, agent, cwd, decision });
	const shape = (form: Asked): JsonObject =>
		isRun ? { run: finalOf(form, true) } : { call: `${form.driver}/${form.tool}`, args: form.args };
	return {
		verdict: decision.verdict,
		acted: decision.acted,
		mode: decision.mode,
		agent,
		at: new Date(at).toISOString(),
		call: shape(target),
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
		...(assumed ? { assumed: true } : {}),
		agent_reads: { ...reading },
		also: matchedBesides(considered, decision).map(({ rule, mode }) => ({
			id: rule.id,
			...placeJson(rule.where),
			effect: effectOf(rule.action),
			mode,
		})),
		near: nearMisses(considered, isAll).map(([{ rule, doubts }, miss]) => ({
			id: rule.id,
			effect: effectOf(rule.action),
			failed: miss.clause,
			...(miss.seen === undefined ? {} : { seen: miss.seen }),
			...(miss.wanted === undefined ? {} : { wanted: miss.wanted }),
			...(miss.doubt === undefined ? {} : { doubt: miss.doubt }),
			...placeJson(miss.where()),
			...(doubts === undefined ? {} : { doubts }),
		})),
		policy_rev: revision.id,
	};
}

function placeJson({ file, line, column }: Place): JsonObject {
	return { file, line, column };
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

// `when: { cel: … }` of a rule: a condition asked of one call, and what is known when it has no answer.
import { isJsonObject, type Json, type JsonObject } from '../abi/json.ts';
import type { Problem } from '../abi/problem.ts';
import { either, quote } from '../text/words.ts';
import { type Cel, type CelVariables, compileCel } from './cel.ts';
import type { CelFault } from './cel-nodes.ts';
import { instantOfMs } from './cel-time.ts';
import { type CelValue, celKind } from './cel-values.ts';
import type { Condition } from './condition.ts';
import type { Look } from './look.ts';
import type { Truth } from './truth.ts';

/** Conditions compiled once for each text; owned by one load or one compilation. */
export type Cels = Map<string, Cel | CelFault>;

export function compileCelOnce(cels: Cels, text: string): Cel | CelFault {
	const known = cels.get(text) ?? compileCel(text);
	cels.set(text, known);
	return known;
}

/** What such a condition would need of a call that nobody has made yet; undefined when it reads no arguments. */
export function argumentRead(cel: Cel): Cel['reads'][number] | undefined {
	return cel.reads.find(({ path }) => path[0] === 'args');
}

/** Why a condition can't be used; its `where` is the caller's to know. */
export function celProblem({ message, label, help, note }: CelFault): Omit<Problem, 'where'> {
	return {
		code: 'P502',
		severity: 'error',
		message,
		...(label === undefined ? {} : { label }),
		...(help === undefined ? {} : { help }),
		...(note === undefined ? {} : { note }),
	};
}

/**
 * What has no answer (an argument that is not there, text where a number is needed, too much work) is `unsure`: it
 * counts as a match for what restricts, and as none for what opens.
 */
export function celCondition(cel: Cel): Condition {
	const reads = (name: string) => cel.reads.some(({ path }) => path[0] === name);
	const isOfCall = argumentRead(cel) !== undefined;
	const isOfTarget = reads('tool') || reads('driver');
	return {
		name: 'when.cel',
		reads: isOfCall ? 'args' : isOfTarget ? 'target' : 'moment',
		test: (look) => truthIn(answerOf(cel, look)),
		doubt: (look) => doubtIn(answerOf(cel, look)),
		remark(look) {
			const doubt = doubtIn(answerOf(cel, look));
			return doubt && `The rule's condition has no answer for this call (${doubt}), so it counts as if it held.`;
		},
	};
}

function doubtIn(answer: boolean | string): string | undefined {
	return typeof answer === 'string' ? answer : undefined;
}

function truthIn(answer: boolean | string): Truth {
	if (typeof answer === 'string') return 'unsure';
	return answer ? 'yes' : 'no';
}

/** True, false, or why neither. Asked once of each form of a call. */
function answerOf(cel: Cel, look: Look): boolean | string {
	const known = look.answers().get(cel);
	if (known !== undefined) return known;
	const answer = answerWithDefaults(cel, look);
	look.answers().set(cel, answer);
	return answer;
}

/** An argument that is left out may stand for what the tool's schema says; only an answer that is the same both ways is one. */
function answerWithDefaults(cel: Cel, look: Look): boolean | string {
	const variables = variablesOf(cel, look);
	const answer = evaluate(cel, variables);
	const announced = announcedDefaults(cel, look);
	const names = Object.keys(announced);
	if (typeof answer === 'string' || names.length === 0) return answer;
	const other = evaluate(cel, { ...variables, args: { ...announced, ...look.args } });
	if (other === answer) return answer;
	return `${either(names.map(quote))} is left out, and the tool says what it stands for then`;
}

function announcedDefaults(cel: Cel, look: Look): JsonObject {
	const named = cel.reads.flatMap(({ path }) => {
		if (path[0] !== 'args') return [];
		const properties = look.schema?.['properties'];
		return path[1] ?? (isJsonObject(properties) ? Object.keys(properties) : []);
	});
	const missing = [...new Set(named)].filter((name) => !Object.hasOwn(look.args, name));
	return Object.fromEntries(
		missing.flatMap((name): [string, Json][] => {
			const value = look.defaultOf([name]);
			return value === undefined ? [] : [[name, value]];
		}),
	);
}

function evaluate(cel: Cel, variables: CelVariables): boolean | string {
	const outcome = cel.eval(variables);
	if (outcome.kind === 'failure') {
		const { start, end, reason } = outcome;
		return `${quote(cel.text.slice(start, end))}: ${reason}`;
	}
	const { value } = outcome;
	return typeof value === 'boolean' ? value : `${quote(cel.text)} is ${celKind(value)}, not true or false`;
}

function variablesOf(cel: Cel, { args, agent, target, at }: Look): CelVariables {
	const now: CelValue | undefined = cel.reads.some(({ path }) => path[0] === 'now') ? instantOfMs(at) : undefined;
	const { driver } = target;
	return { args, agent, driver, tool: target.kind === 'tool' ? `${driver}/${target.tool}` : undefined, now };
}

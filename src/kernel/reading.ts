// What an agent would read after a call that nobody makes: the door's own words, and a person's question where one is asked.
import type { Decision } from '../abi/decision.ts';
import type { Reply } from '../abi/driver.ts';
import { isJsonObject, member, stringMember } from '../abi/json.ts';
import type { DriverName } from '../abi/names.ts';
import type { Target } from '../abi/syscall.ts';
import { goesThrough } from '../policy/decide.ts';
import { type Approval, plainTerms, questionText } from './approve.ts';
import { answerRefused, noticeOf, unknownName } from './refusal.ts';
import type { Revision } from './revision.ts';
import { buildTable, deriveName, type Prefix } from './syscall-table.ts';

export type Reading =
	/** The driver's answer alone. */
	| { readonly kind: 'output' }
	/** Before the driver's answer. */
	| { readonly kind: 'notice'; readonly text: string }
	/** Instead of one. */
	| { readonly kind: 'refusal'; readonly text: string }
	/** A person is asked; the agent reads `otherwise` unless the person approves, and `approved` then. */
	| {
			readonly kind: 'question';
			readonly text: string;
			readonly otherwise: string;
			readonly approved: Extract<Reading, { kind: 'output' | 'notice' }>;
	  };

export interface ReadingQuestion {
	readonly revision: Pick<Revision, 'config' | 'lock'>;
	readonly target: Target & { readonly kind: 'tool' };
	readonly agent: string;
	readonly cwd: string;
	readonly decision: Decision;
}

/** As the door would answer the first such call of a session. */
export function readingOf({ revision, target, agent, cwd, decision }: ReadingQuestion): Reading {
	const name = nameForClients(revision, target);
	const context = { name, unknown: unknownName('tool', name) };
	const refused = (approval?: Approval) => textOf(answerRefused(decision, target, context, { repeat: 1, approval }));
	if (!goesThrough(decision)) return { kind: 'refusal', text: refused() };
	const notice = noticeOf(decision, target, name);
	const approved = notice === undefined ? ({ kind: 'output' } as const) : ({ kind: 'notice', text: notice } as const);
	if (decision.verdict !== 'asked' || !decision.acted) return approved;
	const terms = decision.ask ?? plainTerms;
	const unanswered = { channel: null, waitedMs: 0, boundTo: '' } as const;
	if (!revision.config.ask.channels.includes('elicitation'))
		return { kind: 'refusal', text: refused({ ...unanswered, outcome: 'no_channel' }) };
	return {
		kind: 'question',
		text: questionText({ caller: { agent }, decision, terms, name, cwd }),
		otherwise: refused({ ...unanswered, waitedMs: terms.timeoutMs, outcome: 'unanswered' }),
		approved,
	};
}

/** What clients call the tool. Which names are taken is told by trapgate.lock, as far as one stands there. */
function nameForClients(
	{ config, lock }: ReadingQuestion['revision'],
	{ driver, tool }: { readonly driver: DriverName; readonly tool: string },
): string {
	const known = new Map(
		[...new Set([...config.drivers.map(({ name }) => name), driver])].map((name) => {
			const tools = new Set([...(lock.drivers.get(name)?.tool.keys() ?? []), ...(name === driver ? [tool] : [])]);
			return [name, [...tools].map((one) => ({ name: one }))] as const;
		}),
	);
	const { entries } = buildTable(known, config.prefix, new Map());
	const own = [...entries.values()].find((entry) => entry.driver === driver && entry.name === tool);
	return own?.wire ?? deriveName(plainName(config.prefix, driver, tool));
}

function plainName(prefix: Prefix, driver: string, tool: string): string {
	return prefix === 'never' ? tool : `${driver}__${tool}`;
}

/** The text of a tool result, or an error as clients show it. */
function textOf({ ok, body }: Reply): string {
	const value = body.value();
	if (!ok) return `error ${String(member(value, 'code'))}: ${stringMember(value, 'message') ?? ''}`;
	const content = member(value, 'content');
	const blocks = Array.isArray(content) ? content : [];
	return blocks.flatMap((block) => (isJsonObject(block) ? (stringMember(block, 'text') ?? []) : [])).join('\n');
}

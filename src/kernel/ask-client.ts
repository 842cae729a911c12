// The door the other way: what a driver asks of the client is judged and recorded too.
import type { Reply } from '../abi/driver.ts';
import { type JsonObject, member, stringMember } from '../abi/json.ts';
import type { DriverName } from '../abi/names.ts';
import { errorText } from '../abi/problem.ts';
import { type Caller, driverAsk } from '../abi/syscall.ts';
import type { MessageId } from '../wire/channel.ts';
import type { Link } from '../wire/link.ts';
import { errorReply } from '../wire/message.ts';
import type { DriverRequest } from './bank.ts';
import type { JudgeAsk } from './gather.ts';
import type { Journal } from './journal.ts';
import { screenParams } from './screen.ts';

export interface AskDoor {
	readonly judgeAsk: JudgeAsk;
	readonly journal: Journal;
	readonly link: Link;
}

export interface AskContext {
	readonly driver: DriverName;
	readonly ask: DriverRequest;
	readonly caller: Caller;
	readonly cwd: string;
	/** The client's request that this belongs to, where one is in flight. */
	readonly related: MessageId | undefined;
	/** Tasks the client keeps for drivers (MCP 2025-11-25), by id. */
	readonly clientTasks: Map<string, DriverName>;
}

/** Passes one request of a driver to the client, if the policy lets it. Never rejects. */
export async function askClient(door: AskDoor, context: AskContext): Promise<Reply> {
	const { driver, ask, caller } = context;
	const params = ask.params ?? {};
	const taskId = stringMember(params, 'taskId');
	// Following up on a task that the client made for this very driver asks for nothing new.
	const isFollowUp =
		ask.method.startsWith('tasks/') && taskId !== undefined && context.clientTasks.get(taskId) === driver;
	const target = { kind: 'driver_asks', driver, asks: driverAsk(ask.method), params } as const;
	const decision = door.judgeAsk(target, caller, context.cwd);
	const mayPass = isFollowUp || decision.verdict === 'allowed' || (!decision.acted && decision.verdict !== 'errored');
	try {
		await door.journal.driverAsk({ target, method: ask.method, caller, decision, passed: mayPass });
	} catch (error) {
		return errorReply(-32603, `Refused: ${errorText(error)}`);
	}
	if (!mayPass) {
		const rule = decision.because[0]?.id ?? 'default';
		return errorReply(
			-32603,
			`Refused by policy (${rule}): ${decision.reason ?? `no rule allows ${ask.method} for ${driver}`}`,
		);
	}
	const reply = await door.link.request(ask.method, titled(ask.method, driver, params, ask.params !== undefined), {
		signal: ask.signal,
		extra: ask.extra,
		...(context.related === undefined ? {} : { related: context.related }),
	});
	const task = reply.ok && reply.body.text.includes('taskId') ? member(reply.body.value(), 'task') : undefined;
	const created = stringMember(task, 'taskId');
	if (created !== undefined) context.clientTasks.set(created, driver);
	return reply;
}

/** A form says which driver shows it: the person must be able to tell one server's question from another's. */
function titled(method: string, driver: DriverName, params: JsonObject, isGiven: boolean): JsonObject | undefined {
	const clean = screenParams(params) ?? {};
	const message = stringMember(clean, 'message');
	if (method === 'elicitation/create' && message !== undefined) return { ...clean, message: `[${driver}] ${message}` };
	return isGiven ? clean : undefined;
}

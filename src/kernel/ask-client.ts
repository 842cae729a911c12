// The door the other way: what a driver asks of the client is judged and recorded too.
import type { Decision } from '../abi/decision.ts';
import type { Reply } from '../abi/driver.ts';
import { type JsonObject, member, stringMember } from '../abi/json.ts';
import { callId, type DriverName } from '../abi/names.ts';
import { errorText } from '../abi/problem.ts';
import { type Caller, driverAsk, type Syscall } from '../abi/syscall.ts';
import type { MessageId } from '../wire/channel.ts';
import type { Link } from '../wire/link.ts';
import { errorReply } from '../wire/message.ts';
import type { Approver, Elicit } from './approve.ts';
import type { DriverRequest } from './bank.ts';
import type { JudgeAsk } from './gather.ts';
import type { Journal } from './journal.ts';
import type { Limits } from './limits.ts';
import { screenParams } from './screen.ts';

export interface AskDoor {
	readonly judgeAsk: JudgeAsk;
	readonly journal: Journal;
	readonly link: Link;
	readonly approver: Approver;
	readonly limits: Limits;
	readonly newId: () => string;
}

export interface AskContext {
	readonly driver: DriverName;
	readonly ask: DriverRequest;
	readonly caller: Caller;
	readonly cwd: string;
	/** The client's request that this belongs to, where one is in flight. */
	readonly related: MessageId | undefined;
	/** Shows a form to the person, where this client can. */
	readonly elicit: Elicit | undefined;
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
	const { decision, giveBack } = await door.limits.count(door.judgeAsk(target, caller, context.cwd), caller.agent);
	try {
		const isApproved = decision.verdict === 'asked' && decision.acted && (await isConsented(door, context, decision));
		const isWatched = !decision.acted && decision.verdict !== 'errored';
		const mayPass = isFollowUp || isApproved || isWatched || decision.verdict === 'allowed';
		if (!mayPass) await giveBack();
		await door.journal.driverAsk({ target, method: ask.method, caller, decision, passed: mayPass });
		if (!mayPass) return refusedAsk(decision, ask.method, driver);
	} catch (error) {
		await giveBack();
		return errorReply(-32603, `Refused: ${errorText(error)}`);
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

function refusedAsk({ because, reason }: Decision, method: string, driver: DriverName): Reply {
	const rule = because[0]?.id ?? 'default';
	return errorReply(-32603, `Refused by policy (${rule}): ${reason ?? `no rule allows ${method} for ${driver}`}`);
}

/** A person's answer to an `ask` rule about what drivers ask for. */
async function isConsented(door: AskDoor, context: AskContext, decision: Decision): Promise<boolean> {
	const { driver, ask, caller } = context;
	const { method, params = {}, extra } = ask;
	const asked: Syscall = { id: callId(door.newId()), caller, driver, method, params, extra };
	const approval = await door.approver.ask({
		caller,
		decision,
		terms: decision.ask ?? { show: [], timeoutMs: 300_000, remember: 'no' },
		name: method,
		cwd: context.cwd,
		definition: undefined,
		revision: door.journal.revision(),
		elicit: context.elicit,
		signal: ask.signal,
		asking: (boundTo) => door.journal.asking({ asked, decision, boundTo }),
	});
	return approval.outcome === 'approved';
}

/** A form says which driver shows it: the person must be able to tell one server's question from another's. */
function titled(method: string, driver: DriverName, params: JsonObject, isGiven: boolean): JsonObject | undefined {
	const clean = screenParams(params) ?? {};
	if (method === 'elicitation/create')
		return { ...clean, message: `[${driver}] ${stringMember(clean, 'message') ?? ''}` };
	return isGiven ? clean : undefined;
}

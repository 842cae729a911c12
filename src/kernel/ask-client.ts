// The door the other way: what a driver asks of the client is judged and recorded too.
import type { Decision } from '../abi/decision.ts';
import type { Reply } from '../abi/driver.ts';
import { type JsonObject, member, stringMember } from '../abi/json.ts';
import { callId, type DriverName } from '../abi/names.ts';
import { errorText } from '../abi/problem.ts';
import { type Caller, driverAsk, type Syscall } from '../abi/syscall.ts';
import { errored } from '../policy/decide.ts';
import type { MessageId } from '../wire/channel.ts';
import { errorReply } from '../wire/message.ts';
import type { Approver, Elicit } from './approve.ts';
import type { DriverRequest } from './bank.ts';
import type { ClientPort } from './client-port.ts';
import type { JudgeAsk } from './gather.ts';
import type { Journal } from './journal.ts';
import type { Limits } from './limits.ts';
import type { Results } from './results.ts';
import { screenParams } from './screen.ts';

export interface AskDoor {
	readonly judgeAsk: JudgeAsk;
	readonly journal: Journal;
	readonly client: ClientPort;
	readonly approver: Approver;
	readonly limits: Limits;
	readonly results: Results;
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
	const { driver, ask, related } = context;
	const { method, signal } = ask;
	const judged = await judgeAsked(door, context);
	if ('refused' in judged) return judged.refused;
	const { params, extra, key } = judged.passed;
	const reply = await door.client.request(method, params, {
		signal,
		extra,
		...(related === undefined ? {} : { related }),
		...(key === undefined ? {} : { key }),
	});
	const task = reply.ok && reply.body.text.includes('taskId') ? member(reply.body.value(), 'task') : undefined;
	const created = stringMember(task, 'taskId');
	if (created !== undefined) context.clientTasks.set(created, driver);
	return reply;
}

/** Judges and records what a driver asks: as it may reach the client, or what the driver is told instead. Never rejects. */
export async function judgeAsked(
	door: AskDoor,
	context: AskContext,
): Promise<{ readonly passed: DriverRequest } | { readonly refused: Reply }> {
	const { driver, caller } = context;
	const { method, params = {}, signal } = context.ask;
	const taskId = stringMember(params, 'taskId');
	// Following up on a task that the client made for this very driver asks for nothing new.
	const isFollowUp = method.startsWith('tasks/') && taskId !== undefined && context.clientTasks.get(taskId) === driver;
	const target = { kind: 'driver_asks', driver, asks: driverAsk(method), params } as const;
	const clean = withoutSecrets(door, context, isFollowUp ? taskId : undefined);
	const judged =
		clean === undefined ? errored(target, 'a redaction could not be done') : door.judgeAsk(target, caller, context.cwd);
	const { decision, giveBack } = await door.limits.count(judged, caller.agent);
	// What is shown, recorded and passed on is what is left of it.
	const shown: DriverRequest = clean ?? { method, params: {}, extra: {}, signal };
	try {
		const isApproved =
			decision.verdict === 'asked' && decision.acted && (await isConsented(door, { ...context, ask: shown }, decision));
		const isWatched = !decision.acted && decision.verdict !== 'errored';
		const isLetThrough = isFollowUp || isApproved || isWatched || decision.verdict === 'allowed';
		const mayPass = isLetThrough && clean !== undefined;
		if (!mayPass) await giveBack();
		const recorded = { ...target, params: shown.params ?? {} };
		await door.journal.driverAsk({ target: recorded, method, caller, decision, passed: mayPass });
		if (!mayPass) return { refused: refusedAsk(decision, method, driver) };
	} catch (error) {
		await giveBack();
		return { refused: errorReply(-32603, `Refused: ${errorText(error)}`) };
	}
	const isGiven = context.ask.params !== undefined;
	return { passed: { ...shown, params: titled(method, driver, shown.params ?? {}, isGiven) } };
}

/** Undefined when it can't be searched for secrets. Which call it belongs to is not known; any could be. */
function withoutSecrets(
	{ results }: AskDoor,
	{ driver, caller, ask }: AskContext,
	taskId: string | undefined,
): DriverRequest | undefined {
	const { method, params = {}, extra, signal } = ask;
	const handling = results.around(driver, caller.agent);
	const passed = handling.pass({ params, extra }, `its request ${method}`);
	if (passed === undefined) return undefined;
	// A name may hold a secret as any other text, and it is of use only as it is.
	const key = ask.key === undefined || !isPlainKey(ask.key) ? undefined : ask.key;
	const named = key === undefined ? undefined : handling.pass({ params: { key }, extra: {} }, `its request ${method}`);
	// The id of its task is the client's own.
	const own = taskId === undefined ? passed.params : { ...passed.params, taskId };
	return { method, params: own, extra: passed.extra, signal, key: named?.params['key'] === key ? key : undefined };
}

/** What any client can use as the name of a member. */
function isPlainKey(key: string): boolean {
	return /^[A-Za-z0-9][\w.-]{0,63}$/.test(key);
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

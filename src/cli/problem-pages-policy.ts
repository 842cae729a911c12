// What the codes of policies and configuration mean, and how to mend them: one entry a code, in the words of docs/reference/errors.md.
import type { ProblemPage } from './problem-pages.ts';

export const policyPages = {
	P001: {
		title: 'a key appears twice',
		means: 'A mapping has the same key two times. YAML libraries keep one of the two values, and not all the same one.',
		mend: 'Delete one of them. Two conditions of one kind are a list: `tool: [a/b, c/d]`; two actions are two rules.',
	},
	P002: {
		title: 'not valid YAML',
		means: 'The text can not be read at all; the place is where the parser stopped, which may be after the mistake.',
		mend: 'Look for a missing quote, bracket or colon just before the place. Text with `: ` or ` #` in it needs quotes.',
	},
	P003: {
		title: 'a feature of YAML that policies do not have',
		means:
			'Anchors, aliases, tags, merge keys, several documents in one file, very deep nesting and very large files are refused: they let a file say something else than what a reader sees.',
		mend: 'Write the values out, once per place. What many rules share goes into `lists` and is used as `${lists.name}`.',
	},
	P004: {
		title: 'a character that nobody can see',
		means:
			'An id, a pattern or a text holds a control or formatting character. Two rules could look alike and differ, and a pattern could match nothing that it seems to match.',
		mend: 'Delete the character and type the word again.',
	},
	P101: {
		title: 'an unknown key',
		means: 'Keys that Trapgate does not know are never ignored: a misspelt condition would silently not hold.',
		mend: 'Take the suggestion, or look up what stands in this place in [the reference](policy.md).',
	},
	P102: {
		title: 'a value that does not fit',
		means:
			'The key is right and its value is not: a word that is none of those allowed, a wrong kind, or something that could never hold or be done.',
		mend: 'The message says what may stand there. A number or `true` that is meant as text needs quotes.',
	},
	P103: {
		title: 'a key is missing',
		means: 'The file, the rule or the waiver says too little to be understood.',
		mend: 'Add the key as the help line writes it.',
	},
	P104: {
		title: 'two rules share an id',
		means: 'Rules of all policies live in one space of ids; the log and every refusal name a rule by its id alone.',
		mend: 'Rename one of them.',
	},
	P105: {
		title: 'a version of the format that is not supported',
		means: 'The file was written for another version of the policy format than this program reads.',
		mend: 'Write `version: 1`; for a file of a later version use a later Trapgate.',
	},
	P201: {
		title: 'no such tool',
		means: 'A rule names a tool or a driver that does not exist here, so it would never match.',
		mend: 'Take the suggestion, or list the tools with `trapgate tools --all`.',
	},
	P202: {
		title: 'no such parameter',
		means:
			'A rule names a parameter that none of its tools has, or only one of several that carry the same kind of value.',
		mend: 'Take the suggestion; to mean every path, address or statement write `any_path`, `any_url` or `any_sql`.',
	},
	P203: {
		title: 'a variable or list that does not exist',
		means: '`${…}` names a list, an environment variable or a place that is not defined where the rule is used.',
		mend: 'Define it, or correct the name. `${workspace}` needs `workspace:` in trapgate.yaml.',
	},
	P204: {
		title: 'no such fact',
		means: 'Nothing is known under this name about the programs the rule is about, so the condition would never hold.',
		mend: 'Take the suggestion; [facts.md](../facts.md) has all facts by program.',
	},
	P205: {
		title: 'a policy file can not be read',
		means: 'A file or a pack that is named does not exist, is not a file, is too large, or is not UTF-8.',
		mend: 'Correct the path: it is relative to trapgate.yaml. Packs are `pack:name`.',
	},
	P206: {
		title: 'no such rule',
		means:
			'A case of a test file says that a rule has a part in what comes out, and no rule of those policies has that id.',
		mend: 'Write the id as the rule has it, or name the file of that rule under `policies`.',
	},
	P302: {
		title: 'a refusal without a way on',
		means:
			'A rule refuses or hides, and does not say what to do instead. An agent with no alternative tries the same thing in other words.',
		mend: 'Add `instead:` with the command or tool to use; `instead: stop and ask the user` if there is none.',
	},
	P303: {
		title: 'something that can never take effect',
		means:
			'A rule or a waiver is always beaten or matches nothing. The strictest rule wins wherever it stands: an `allow` is no exception to a `deny`.',
		mend: 'Give the stricter rule an `except:`, or delete the one without effect.',
	},
	P304: {
		title: 'a regular expression or a glob over the text of a command',
		means:
			'One command has endless spellings: quotes, variables, wrappers, other flags. No pattern over its text finds them all; and `command` itself takes programs and sub-commands, not a regular expression.',
		mend: 'Say what the command does: `match: { command: git push, facts: { force: true } }`.',
	},
	P305: {
		title: 'a hide that depends on a call',
		means: 'Whether a tool exists is decided when the agent lists its tools, before there are arguments to look at.',
		mend: 'Write `then: deny`, or match by tool, driver and agent only.',
	},
	P306: {
		title: 'a refusal without a reason',
		means: 'A rule refuses or hides, and neither the agent nor whoever reads the log learns why.',
		mend: 'Add `reason:`, one sentence.',
	},
	P307: {
		title: 'a waiver that has ended',
		means: 'The last day of the waiver is over; its rule holds again.',
		mend: 'Delete the waiver, or have it approved again with a new date.',
	},
	P308: {
		title: 'everything is allowed or asked about',
		means: 'A rule opens every tool there is, and with them every tool that a driver adds tomorrow.',
		mend: 'Name the drivers: `match: { tool: "github/*" }`. If it is meant, write `defaults: { tool: allow }`.',
	},
	P309: {
		title: 'nobody can be asked',
		means:
			'A rule asks a person, and no channel to a person is configured that works here. Then the answer is always no.',
		mend: 'Add `ask: { channels: [elicitation] }` to trapgate.yaml; the client must be able to show forms.',
	},
	P310: {
		title: 'a ring that does not hold here',
		means:
			'A rule must hold for everything a command starts, or a driver asks for a `sandbox:`, which only the runtime ring can do. Where it does not hold, there is no shell, or no such driver.',
		mend: 'Run it where the runtime ring holds, or let the rule hold for calls only.',
	},
	P311: {
		title: 'a lock rule without a lock',
		means:
			'A rule lets tools exist only as a person accepted them, and nobody has accepted any yet. All that it matches is hidden.',
		mend: 'Look at what the drivers list and accept it: `trapgate lock`, or `trapgate lock --review` one by one.',
	},
	P312: {
		title: 'a deny that holds for texts only',
		means:
			'It is about sub-commands, flags or facts, so it is held against the text of a command. What a script, a Makefile or a test executes is not in that text, unless `ring: runtime` has every execution of the program judged.',
		mend: 'Add `ring: runtime` where that is worth some milliseconds for each execution, and where the runtime ring holds; or leave it as it is.',
	},
	P401: {
		title: 'pins that differ',
		means: 'Two rules fix the same parameter of the same tool to different values.',
		mend: 'Keep one, or make them match different tools or agents.',
	},
	P402: {
		title: 'an example that does not hold',
		means:
			'The policy does something else than the example says. Either the rule matches more or less than was meant, or the example is wrong.',
		mend: 'Look with `trapgate explain` why, then correct the rule or the example.',
	},
	P403: {
		title: 'a rewrite that never settles',
		means:
			'What a rewrite makes matches the rule again, at once or after other rewrites, so it would be rewritten without end; such calls are refused.',
		mend: 'Narrow `match` or add an `except`, so that the result is left alone.',
	},
	P404: {
		title: 'an example that differs when policies are merged',
		means:
			'The example holds in its own file, and other policies change what comes out. Stricter is a note; looser is an error.',
		mend: 'If the merged outcome is right, move the example into a test of the merged policy; else correct the other rule.',
	},
	P501: {
		title: 'a pattern that is not valid here',
		means: 'A glob or a regular expression can not be read, or asks for something the linear-time engine does not do.',
		mend: 'Correct it at the place the message names. Look-around and back-references do not exist in RE2.',
	},
	P502: {
		title: 'a condition that can not be used',
		means:
			'The text of `when: { cel: … }` is not CEL, does not fit together, or asks for something that could take too long. See [conditions](../conditions.md).',
		mend: 'Correct it at the place that is underlined. `matches` is called `re2(text, pattern)` here, and a pattern is written out.',
	},
} as const satisfies Readonly<Record<`P${string}`, ProblemPage>>;

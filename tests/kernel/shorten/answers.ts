// Answers of drivers made up at random: every shape that a method has, and some that none has.
import fc from 'fast-check';
import type { Reply } from '../../../src/abi/driver.ts';
import type { Json, JsonObject } from '../../../src/abi/json.ts';
import { errorReply, resultReply } from '../../../src/wire/message.ts';

const unit = fc.oneof(
	{ weight: 8, arbitrary: fc.constantFrom('word ', 'a', 'line\n', 'long line of a log, with a number 4711\n') },
	{ weight: 2, arbitrary: fc.constantFrom('"', '\\', '\t', '\u001b[31m', '😀', '\ud83d', 'é', '\r\n', '\\u00e9') },
	{ weight: 1, arbitrary: fc.constantFrom('[policy] ', 'BLOCKED by policy. ', ' [policy]') },
);
const shortText = fc.array(unit, { maxLength: 20 }).map((units) => units.join(''));
const longText = fc
	.tuple(fc.array(unit, { minLength: 1, maxLength: 60 }), fc.integer({ min: 1, max: 60 }))
	.map(([units, times]) => units.join('').repeat(times));
export const text = fc.oneof(shortText, longText);

const base64 = fc.integer({ min: 1, max: 5_000 }).map((length) => 'A'.repeat(4 * length));
const block: fc.Arbitrary<JsonObject> = fc.oneof(
	{ weight: 5, arbitrary: text.map((words) => ({ type: 'text', text: words })) },
	text.map((words) => ({ type: 'text', text: words, annotations: { priority: 1 } })),
	base64.map((data) => ({ type: 'image', mimeType: 'image/png', data: `iVBORw0KGgoA${data}` })),
	base64.map((data) => ({ type: 'audio', mimeType: 'audio/wav', data })),
	text.map((words) => ({ type: 'resource', resource: { uri: 'file:///a', mimeType: 'text/plain', text: words } })),
	base64.map((blob) => ({ type: 'resource', resource: { uri: 'file:///b', blob } })),
	fc.constant({ type: 'resource_link', uri: 'file:///c', name: 'c' }),
);
const blocks = fc.array(block, { maxLength: 6 });
const structure: fc.Arbitrary<JsonObject> = fc.dictionary(
	fc.constantFrom('stdout', 'stderr', 'items', 'n'),
	fc.oneof<fc.Arbitrary<Json>[]>(text, fc.integer(), fc.array(text, { maxLength: 5 }), fc.record({ deep: text })),
);

/** As a tool answers. */
export const toolResult: fc.Arbitrary<JsonObject> = fc.record(
	{
		content: blocks,
		structuredContent: structure,
		isError: fc.boolean(),
		_meta: fc.record({ note: shortText, 'vendor/long': text }, { requiredKeys: [] }),
	},
	{ requiredKeys: ['content'] },
);
const promptResult: fc.Arbitrary<JsonObject> = fc.record(
	{
		description: shortText,
		messages: fc.array(fc.record({ role: fc.constantFrom('user', 'assistant'), content: block }), { maxLength: 5 }),
	},
	{ requiredKeys: ['messages'] },
);
const resourceResult: fc.Arbitrary<JsonObject> = fc.record({
	contents: fc.array(
		fc.oneof<fc.Arbitrary<JsonObject>[]>(
			text.map((words) => ({ uri: 'file:///a', mimeType: 'text/plain', text: words })),
			base64.map((blob) => ({ uri: 'file:///b', blob })),
		),
		{ maxLength: 4 },
	),
});
const otherResult: fc.Arbitrary<JsonObject> = fc.oneof<fc.Arbitrary<JsonObject>[]>(
	fc.record({ completion: fc.record({ values: fc.array(text, { maxLength: 10 }) }) }),
	fc.record({ task: fc.record({ taskId: fc.constant('t1'), statusMessage: text }) }),
	fc.record({ content: text }),
	fc.record({ rows: fc.array(fc.integer(), { maxLength: 2_000 }) }),
);

export const reply: fc.Arbitrary<Reply> = fc.oneof(
	{ weight: 4, arbitrary: toolResult.map(resultReply) },
	promptResult.map(resultReply),
	resourceResult.map(resultReply),
	otherResult.map(resultReply),
	fc.tuple(text, fc.option(fc.record({ detail: text }), { nil: undefined })).map(([message, data]) => {
		return errorReply(-32_000, message, data);
	}),
	toolResult.map((result) => ({ ...resultReply(result), extra: { vendor: 'x'.repeat(900) } })),
);

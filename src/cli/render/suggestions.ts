// Suggested examples, ready to be copied below a rule.
import type { JsonObject } from '../../abi/json.ts';
import type { Revision } from '../../kernel/revision.ts';
import type { Suggestion } from '../suggested-examples.ts';
import { onOneLine } from './columns.ts';
import type { Paint } from './paint.ts';

/** YAML: one `examples:` for each rule, behind a comment that says whose it is. */
export function suggestionsText(suggestions: readonly Suggestion[], paint: Paint): string {
	if (suggestions.length === 0)
		return paint('quiet', '# no rule has a part in this, so there is nothing to show by an example');
	return suggestions
		.map(({ rule: { id, where }, part, entry }) => {
			const head = `# ${id}, ${onOneLine(where.file)}:${where.line}${part === 'near' ? ': it leaves this alone' : ''}`;
			return entry === undefined
				? paint('quiet', `${head}: no example of this holds in its file alone and in all together`)
				: [paint('quiet', head), 'examples:', `  - ${entry}`].join('\n');
		})
		.join('\n');
}

export function suggestionsJson(
	suggestions: readonly Suggestion[],
	{ id: revision }: Pick<Revision, 'id'>,
): JsonObject {
	return {
		suggested_examples: suggestions.map(({ rule: { id, where }, part, entry }) => ({
			id,
			file: where.file,
			line: where.line,
			part,
			entry: entry ?? null,
		})),
		policy_rev: revision,
	};
}

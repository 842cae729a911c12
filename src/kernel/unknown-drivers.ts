// Rules of the root file about drivers that it does not load: a slip in a name must not silently leave a tool unguarded.
import { ownDriver } from '../abi/names.ts';
import type { Problem } from '../abi/problem.ts';
import type { Rule } from '../policy/rule.ts';
import { placeOfWord } from '../policy/rule-place.ts';
import { matchesTextGlob } from '../policy/text-glob.ts';
import { suggest } from '../text/suggest.ts';

/** P201, as warnings. Packs and the layers above are written for many projects, so they may name what is not here. */
export function unknownDrivers(loaded: readonly string[], rules: readonly Rule[]): Problem[] {
	if (loaded.length === 0) return [];
	return rules.flatMap((rule) => {
		const named = driverGlobs(rule);
		const isKnown = (glob: string) => [...loaded, ownDriver].some((name) => matchesTextGlob(glob, name));
		return named.filter((glob) => !isKnown(glob)).map((glob) => problemOf(rule, glob, loaded));
	});
}

/** What the rule says of drivers: before the first slash of a tool's name, and in `from`. Variables are not read here. */
function driverGlobs({ match: { tool = [], from = [] } }: Rule): readonly string[] {
	const ofTools = tool.filter((glob) => glob.includes('/')).map((glob) => glob.slice(0, glob.indexOf('/')));
	return [...new Set([...ofTools, ...from])].filter((glob) => !glob.includes('$'));
}

function problemOf(rule: Rule, glob: string, loaded: readonly string[]): Problem {
	const near = suggest(glob, loaded);
	return {
		code: 'P201',
		severity: 'warning',
		message: `rule \`${rule.id}\` is about the driver \`${glob}\`, which \`drivers:\` does not name`,
		where: placeOfWord(rule, glob) ?? rule.matchWhere ?? rule.where,
		label: 'holds for no call',
		help: near === undefined ? `drivers: ${loaded.join(', ')}` : `did you mean \`${near}\`?`,
	};
}

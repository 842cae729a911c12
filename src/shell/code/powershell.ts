// Reads PowerShell as far as it is plain: words, pipes and semicolons; everything else is a gap.
import { literal } from '../word-parts.ts';
import { type Effects, gap, startCommand } from './effects.ts';

const reaching =
	/^(?:iex|invoke-expression|invoke-command|icm|invoke-item|ii|start-job|sajb|add-type|new-object|import-module|ipmo|set-alias|sal|new-alias|invoke-wmimethod|invoke-cimmethod)$/i;

export function readPowerShell(text: string, effects: Effects): undefined {
	if (/[`[&]|\$\(|::|\.\s*[({]|^[ \t]*\.\s/m.test(text.replaceAll('&&', ''))) {
		return gap(effects, 'calls something by a computed name');
	}
	for (const statement of statements(text)) {
		const words = statement.match(/"[^"]*"|'[^']*'|\$\w+|[^\s"']+/g) ?? [];
		const name = words[0];
		if (
			name === undefined ||
			/^(?:\$\w+|if|else|elseif|foreach|for|while|function|return|try|catch|finally|param)$/i.test(name)
		)
			continue;
		if (reaching.test(name)) return gap(effects, `uses \`${name}\``);
		if (/^(?:start-process|saps|start)$/i.test(name)) {
			const file = words.findIndex((word) => /^-f/i.test(word));
			const program = words[file < 0 ? 1 : file + 1];
			if (program === undefined || /^[-$]/.test(program)) gap(effects, 'starts a program whose name is computed');
			else
				effects.findings.launches.push({
					kind: 'argv',
					argv: [literal(program.replace(/["']/g, ''))],
					isOpenEnded: true,
				});
		} else if (/^["'$]/.test(name)) continue;
		else if (/[$"]/.test(statement)) {
			const argv = words.map((word) =>
				/^(?:\$|".*\$)/.test(word)
					? { value: undefined, pieces: [null], splits: false }
					: literal(word.replace(/^(["'])(.*)\1$/, '$2')),
			);
			effects.findings.launches.push({ kind: 'argv', argv });
		} else startCommand(effects, [statement.replace(/[{}()]/g, ' ')]);
	}
}

/** The parts between `;`, `|`, braces and line ends, outside of quotes. */
function statements(text: string): readonly string[] {
	const parts: string[] = [];
	let from = 0;
	let quote = '';
	for (let at = 0; at <= text.length; at++) {
		const character = text[at] ?? '\n';
		if (quote !== '' && at < text.length) {
			if (character === quote) quote = '';
		} else if (character === '"' || character === "'") quote = character;
		else if (/[;|\n{}()]/.test(character) || text.startsWith('&&', at)) {
			parts.push(text.slice(from, at).trim());
			from = text.startsWith('&&', at) ? at + 2 : at + 1;
		}
	}
	return parts.filter((part) => part !== '');
}

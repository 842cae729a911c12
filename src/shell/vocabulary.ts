// Which facts may be told of which program, so that a rule that asks for another can be found out.
import type { Vocabulary } from '../abi/command.ts';
import { gitSubcommands } from './programs/git-names.ts';
import { findProgram } from './programs/registry.ts';

/** Files may be touched by any program; `alias` is the sub-command as it was written. */
const ofAll = ['reads', 'writes', 'deletes', 'alias'];

/**
 * Beyond those, by canonical name. Only programs whose readers were looked through stand here; tests/shell/vocabulary.test.ts holds
 * the list against everything that the analyser says of the texts it is tried on.
 */
const own: Readonly<Record<string, string>> = {
	aws: 'dry_run recursive',
	bun: 'global packages script',
	chmod: 'paths recursive',
	chown: 'paths recursive',
	cp: 'force recursive',
	curl: 'method uploads urls',
	docker: 'container image mounts privileged',
	gh: 'endpoint force method to_branch',
	git: `deletes_branch deletes_tag discards_work dry_run force recursive remote rewrites_history skips_hooks to_branch urls`,
	helm: 'context dry_run namespace',
	kubectl: 'context image namespace',
	mv: 'force recursive',
	mysql: 'sql',
	npm: 'dry_run global initializer packages script',
	pip: 'editable index packages requirements',
	pnpm: 'dry_run global packages script',
	podman: 'container image mounts privileged',
	psql: 'sql',
	python: 'code module script stdin version',
	rm: 'force paths recursive',
	rmdir: 'paths',
	sqlite3: 'sql',
	terraform: 'auto_approve destroy',
	uv: 'dev packages requirements script stdin',
	wget: 'method uploads urls',
	yarn: 'dry_run global packages script',
};

/** Of programs that are not in the list above. */
const ofOthers =
	'code container host image initializer method module packages paths recursive script sql stdin targets';

const facts: readonly string[] = [
	...new Set([...ofAll, ...words(ofOthers), ...Object.values(own).flatMap(words)]),
].sort();

const switches = words(
	`auto_approve code deletes_branch deletes_tag destroy dev discards_work dry_run editable force global privileged recursive
	rewrites_history skips_hooks stdin uploads`,
);

export const vocabulary: Vocabulary = Object.freeze({
	facts,
	switches,
	factsOf(program: string) {
		const name = canonical(program);
		return Object.hasOwn(own, name) ? [...ofAll, ...words(own[name] ?? '')] : undefined;
	},
	subcommandsOf: (program: string) => (canonical(program) === 'git' ? gitSubcommands : undefined),
});

/** `python3.12` is known as `python`. */
function canonical(program: string): string {
	return findProgram(program)?.names[0] ?? program;
}

function words(text: string): readonly string[] {
	return text.split(/\s+/);
}

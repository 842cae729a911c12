// Scripts that are a program by themselves: `python3 /usr/bin/pip install x` is also `pip install x`, and so does a shebang start it.
import type { Around, Launch } from '../program.ts';
import type { Word } from '../word.ts';
import { lastKnown, literal } from '../word-parts.ts';

/** By the language of the interpreter: its tools that change packages or run programs, and are scripts of it. */
const scripts: Readonly<Record<string, RegExp>> = {
	python: /^(?:pip\d*(?:\.\d+)*|easy_install|pipx|poetry|pipenv|pdm|hatch|conda|mamba|virtualenv|tox|nox)$/,
	javascript: /^(?:npm|npx|pnpm|pnpx|yarn|yarnpkg|corepack)$/,
	ruby: /^gem$/,
	php: /^composer$/,
};

/**
 * The launch of a console script, told by the name of its file alone: `-m pip` in other words. Anybody can call a file so,
 * therefore it opens nothing: it comes beside the interpreter, which has to be let run as well, and only in a manner of speaking.
 */
export function consoleScript(
	language: string,
	[script, ...rest]: readonly Word[],
	{ isOpenEnded }: Around,
): readonly Launch[] {
	const name = script === undefined ? '' : programOf(lastKnown(script));
	if (script === undefined || scripts[language]?.test(name) !== true) return [];
	// Where only its end is known, the folder is not.
	if (script.value === undefined && !lastKnown(script).includes('/')) return [];
	return [{ kind: 'argv', argv: [literal(name), ...rest], isVirtual: true, ...(isOpenEnded && { isOpenEnded }) }];
}

/** `pip` of `pip.__main__`, which is run as `pip` is; any other module as it is. */
export function consoleModule(module: Word & { readonly value: string }): Word {
	const [name = '', ...more] = module.value.split('.');
	return more.length > 0 && scripts['python']?.test(name) === true ? literal(name) : module;
}

/** `pip` of `/usr/bin/pip`, `pip.pyz`, `site-packages/pip/__main__.py`; `npm` of `npm-cli.js`; `yarn` of `yarn-4.1.0.cjs`. */
function programOf(path: string): string {
	const [file = '', folder = ''] = path.split('/').filter(Boolean).reverse();
	if (file === '__main__.py') return folder;
	return file.replace(/(?:-script\.py|\.pyz|(?:-cli|-\d+(?:\.\d+)*)?\.[cm]?js|\.phar)$/, '');
}

// pip and its kin: which packages come or go, and from where.

import { hasOption, valuesOf } from '../options.ts';
import type { Program } from '../program.ts';
import { addWords } from './findings.ts';
import { addPaths } from './paths.ts';
import { type ToolCall, tool } from './subcommand-tool.ts';

/** Source: `pip --help`, `pip install --help` of pip 25. */
const globals = `h|help debug isolated require-virtualenv python=s v|verbose V|version q|quiet log=s no-input keyring-provider=s
	proxy=s retries=s timeout=s exists-action=s trusted-host=s cert=s client-cert=s cache-dir=s no-cache-dir
	disable-pip-version-check no-color no-python-version-warning use-feature=s use-deprecated=s resume-retries=s`;

export const pipOptions = `r|requirement=s c|constraint=s build-constraint=s no-deps group=s pre e|editable=s dry-run t|target=s
	platform=s python-version=s implementation=s abi=s user root=s prefix=s src=s U|upgrade upgrade-strategy=s force-reinstall
	I|ignore-installed ignore-requires-python no-build-isolation use-pep517 no-use-pep517 check-build-dependencies
	break-system-packages C|config-settings=s global-option=s compile no-compile no-warn-script-location no-warn-conflicts
	no-binary=s only-binary=s prefer-binary require-hashes progress-bar=s root-user-action=s report=s no-clean i|index-url|pypi-url=s
	extra-index-url=s no-index f|find-links=s y|yes l|local path=s exclude=s format=s o|outdated w|wheel-dir=s d|dest=s
	uploaded-prior-to=s`;

const withPackages = /^(?:install|uninstall|download|wheel|add|remove)$/;

export const pipPrograms: readonly Program[] = [
	tool({
		names: ['pip', 'pip2', 'pip3'],
		pattern: /^pip\d+(?:\.\d+)*(?:\.exe)?$|^pip\.exe$/,
		options: globals,
		more: pipOptions,
		deeper: { cache: 2, config: 2, index: 2 },
		affected: ['packages', 'requirements', 'editable'],
		describe: describePip,
	}),
];

/** Also for `uv pip install`, which has pip's options. */
export function describePip({ subcommands, options, operands, findings, around }: ToolCall): void {
	if (!withPackages.test(subcommands.at(-1) ?? '')) return;
	addWords(findings, 'packages', [...operands, ...valuesOf(options, '--editable')]);
	if (around.isOpenEnded) findings.unsure.add('packages');
	const files = valuesOf(options, '--requirement', '--requirements', '--constraint');
	addWords(findings, 'requirements', valuesOf(options, '--requirement', '--requirements'));
	addPaths(findings, 'reads', files, around);
	addPaths(findings, 'writes', valuesOf(options, '--target', '--dest', '--wheel-dir', '--report'), around);
	addWords(findings, 'index', valuesOf(options, '--index-url', '--extra-index-url', '--find-links'));
	if (hasOption(options, '--editable')) findings.facts.set('editable', true);
}

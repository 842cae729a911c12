// wget, httpie and other fetchers: what they fetch, what they send, and the files they read and write.

import { hasOption, makeGrammar, valuesOf } from '../options.ts';
import type { Around, Program, Reading } from '../program.ts';
import type { Word } from '../word.ts';
import { firstKnown, literal } from '../word-parts.ts';
import { isFile } from './file-tool.ts';
import { addFlags, addWords, finish, readArguments, setWord, startFindings } from './findings.ts';
import { splitLaunch } from './launching.ts';
import { addPaths } from './paths.ts';
import { split } from './subcommand-tool.ts';

/** Source: `wget --help` of wget 1.21 and wget2; options that take a value. */
const wgetGrammar = makeGrammar({
	options:
		split(`e|execute=s o|output-file=s a|append-output=s report-speed=s i|input-file=s B|base=s config=s rejected-log=s
		t|tries=s retry-on-http-error=s O|output-document=s start-pos=s progress=s T|timeout=s dns-timeout=s connect-timeout=s
		read-timeout=s w|wait=s waitretry=s Q|quota=s bind-address=s limit-rate=s restrict-file-names=s prefer-family=s user=s
		password=s use-askpass:s local-encoding=s remote-encoding=s P|directory-prefix=s cut-dirs=s http-user=s http-password=s
		default-page=s header=s compression=s proxy-user=s proxy-password=s referer=s U|user-agent=s load-cookies=s save-cookies=s
		post-data=s post-file=s method=s body-data=s body-file=s secure-protocol=s certificate=s certificate-type=s private-key=s
		private-key-type=s ca-certificate=s ca-directory=s crl-file=s pinnedpubkey=s ciphers=s ftp-user=s ftp-password=s
		warc-file=s warc-header=s warc-max-size=s warc-dedup=s warc-tempdir=s l|level=s backups:s A|accept=s R|reject=s
		accept-regex=s reject-regex=s regex-type=s D|domains=s exclude-domains=s follow-tags=s ignore-tags=s
		I|include-directories=s X|exclude-directories=s max-redirect=s hsts-file=s V|version h|help b|background d|debug q|quiet
		v|verbose n:s c|continue N|timestamping S|server-response spider r|recursive k|convert-links m|mirror p|page-requisites
		H|span-hosts L|relative no-check-certificate no-clobber no-verbose no-parent no-directories`),
	onUnknown: 'flag',
});

const httpieGrammar = makeGrammar({
	options:
		split(`o|output=s d|download c|continue a|auth=s A|auth-type=s session=s session-read-only=s p|print=s v|verbose h|headers
		m|meta b|body f|form multipart boundary=s j|json raw=s proxy=s F|follow max-redirects=s timeout=s verify=s cert=s cert-key=s
		pretty=s s|style=s S|stream check-status I|ignore-stdin offline`),
	onUnknown: 'flag',
});

export const wgetPrograms: readonly Program[] = [
	{ names: ['wget', 'wget2'], read: readWget },
	{ names: ['http', 'https', 'xh', 'xhs'], read: readHttpie },
	{ names: ['aria2c', 'axel', 'lynx', 'w3m', 'links', 'elinks'], read: readFetcher },
];

function readWget(argv: readonly Word[], around: Around): Reading {
	const options = readArguments(argv, wgetGrammar);
	const findings = startFindings();
	const affected = ['urls', 'method', 'uploads'];
	addFlags(findings, options, around, affected);
	addWords(findings, 'urls', options.operands);
	const sends = hasOption(options, '--post-data', '--post-file', '--body-data', '--body-file');
	if (sends) findings.facts.set('uploads', true);
	const method = valuesOf(options, '--method').at(-1);
	if (method) setWord(findings, 'method', method);
	else findings.facts.set('method', sends ? 'POST' : 'GET');
	const files = valuesOf(
		options,
		'--post-file',
		'--body-file',
		'--input-file',
		'--config',
		'--load-cookies',
		'--private-key',
	);
	addPaths(findings, 'reads', files.filter(isFile), around);
	const outputs = [
		'--output-document',
		'--output-file',
		'--append-output',
		'--directory-prefix',
		'--save-cookies',
		'--rejected-log',
	];
	addPaths(findings, 'writes', valuesOf(options, ...outputs).filter(isFile), around);
	if (hasOption(options, '--input-file', '--config', '--execute'))
		for (const fact of affected) findings.unsure.add(fact);
	for (const program of valuesOf(options, '--use-askpass')) findings.launches.push(splitLaunch(program));
	for (const setting of valuesOf(options, '--execute')) {
		const start = firstKnown(setting);
		const equals = start.indexOf('=');
		if (/^\s*use_?askpass\s*$/i.test(start.slice(0, Math.max(equals, 0)))) {
			findings.launches.push(splitLaunch(literal(start.slice(equals + 1).trim())));
		}
	}
	return finish(findings);
}

/** `http POST host/path field=value file@path`. */
function readHttpie(argv: readonly Word[], around: Around): Reading {
	const options = readArguments(argv, httpieGrammar);
	const findings = startFindings();
	addFlags(findings, options, around, ['urls', 'method', 'uploads']);
	const [first, ...others] = options.operands;
	const isMethod = first?.value !== undefined && /^[A-Z]+$/.test(first.value);
	const [url, ...items] = isMethod ? others : [first, ...others];
	if (url) addWords(findings, 'urls', [url]);
	const sent = items.filter((word): word is Word => word !== undefined && !/^[\w-]+:(?!=)|==/.test(firstKnown(word)));
	const sends = sent.length > 0 || hasOption(options, '--raw');
	if (sends) findings.facts.set('uploads', true);
	findings.facts.set('method', isMethod && first?.value ? first.value : sends ? 'POST' : 'GET');
	const files = sent.flatMap((word) => {
		const match = /^[\w.-]*(?::?=)?@(.+)$/.exec(word.value ?? '');
		return match?.[1] ? [literal(match[1])] : [];
	});
	addPaths(findings, 'reads', files, around);
	addPaths(findings, 'writes', valuesOf(options, '--output'), around);
	return finish(findings);
}

function readFetcher(argv: readonly Word[], around: Around): Reading {
	const findings = startFindings();
	const urls = argv.slice(1).filter((word) => /^[a-z][a-z0-9+.-]*:/i.test(firstKnown(word)));
	addWords(findings, 'urls', urls);
	const files = urls.filter((word) => firstKnown(word).startsWith('file://'));
	addPaths(
		findings,
		'reads',
		files.map((word) => literal((word.value ?? '').replace(/^file:\/\//, ''))),
		around,
	);
	// Pages of this machine, and lists of addresses.
	const pages = argv.filter((word, at) => {
		const start = firstKnown(word);
		return at > 0 && (/^(?:-i|--input-file)$/.test(argv[at - 1]?.value ?? '') || /^[./~]/.test(start));
	});
	addPaths(findings, 'reads', pages, around);
	return finish(findings);
}

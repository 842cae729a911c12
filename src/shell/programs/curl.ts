// curl: what it fetches, what it sends, and the files that it reads and writes.

import { hasOption, makeGrammar, type Options, valuesOf } from '../options.ts';
import type { Around, Program, Reading } from '../program.ts';
import type { Word } from '../word.ts';
import { attached, firstKnown, isStatic, literal } from '../word-parts.ts';
import { isFile } from './file-tool.ts';
import { addFlags, addToList, addWords, type Findings, finish, readArguments, startFindings } from './findings.ts';
import { addPaths } from './paths.ts';
import { split } from './subcommand-tool.ts';

/** Source: `curl --help all` of curl 7.88, and curl(1) up to 8.16. */
const withValue = `
	abstract-unix-socket=s alt-svc=s aws-sigv4=s cacert=s capath=s E|cert=s cert-type=s ciphers=s K|config=s
	connect-timeout=s connect-to=s C|continue-at=s b|cookie=s c|cookie-jar=s create-file-mode=s crlfile=s curves=s
	d|data=s data-ascii=s data-binary=s data-raw=s data-urlencode=s delegation=s dns-interface=s dns-ipv4-addr=s
	dns-ipv6-addr=s dns-servers=s doh-url=s D|dump-header=s egd-file=s engine=s etag-compare=s etag-save=s
	expect100-timeout=s F|form=s form-string=s ftp-account=s ftp-alternative-to-user=s ftp-method=s P|ftp-port=s
	ftp-ssl-ccc-mode=s happy-eyeballs-timeout-ms=s H|header=s h|help=s hostpubmd5=s hostpubsha256=s hsts=s interface=s
	json=s keepalive-time=s key=s key-type=s krb=s libcurl=s limit-rate=s local-port=s login-options=s mail-auth=s
	mail-from=s mail-rcpt=s max-filesize=s max-redirs=s m|max-time=s netrc-file=s noproxy=s oauth2-bearer=s o|output=s
	output-dir=s parallel-max=s pass=s pinnedpubkey=s preproxy=s proto=s proto-default=s proto-redir=s x|proxy=s
	proxy-cacert=s proxy-capath=s proxy-cert=s proxy-cert-type=s proxy-ciphers=s proxy-crlfile=s proxy-header=s
	proxy-key=s proxy-key-type=s proxy-pass=s proxy-pinnedpubkey=s proxy-service-name=s proxy-tls13-ciphers=s
	proxy-tlsauthtype=s proxy-tlspassword=s proxy-tlsuser=s U|proxy-user=s proxy1.0=s pubkey=s Q|quote=s random-file=s
	r|range=s rate=s e|referer=s X|request=s request-target=s resolve=s retry=s retry-delay=s retry-max-time=s
	sasl-authzid=s service-name=s socks4=s socks4a=s socks5=s socks5-gssapi-service=s socks5-hostname=s Y|speed-limit=s
	y|speed-time=s stderr=s t|telnet-option=s tftp-blksize=s z|time-cond=s tls-max=s tls13-ciphers=s tlsauthtype=s
	tlspassword=s tlsuser=s trace=s trace-ascii=s unix-socket=s T|upload-file=s url=s url-query=s u|user=s A|user-agent=s
	w|write-out=s variable=s ipfs-gateway=s expand-data=s haproxy-clientip=s vlan-priority=s ip-tos=s keepalive-cnt=s
	ech=s upload-flags=s sigalgs=s`;

const flags = `
	anyauth a|append basic cert-status compressed compressed-ssh create-dirs crlf digest q|disable disable-eprt
	disable-epsv disallow-username-in-url doh-cert-status doh-insecure f|fail fail-early fail-with-body false-start
	form-escape ftp-create-dirs ftp-pasv ftp-pret ftp-skip-pasv-ip ftp-ssl-ccc ftp-ssl-control G|get g|globoff
	haproxy-protocol I|head http0.9 0|http1.0 http1.1 http2 http2-prior-knowledge http3 http3-only ignore-content-length
	i|include k|insecure 4|ipv4 6|ipv6 j|junk-session-cookies l|list-only L|location location-trusted
	mail-rcpt-allowfails M|manual metalink negotiate n|netrc netrc-optional no-alpn N|no-buffer no-clobber no-keepalive
	no-npn no-progress-meter no-sessionid ntlm ntlm-wb Z|parallel parallel-immediate path-as-is post301 post302 post303
	progress-bar proxy-anyauth proxy-basic proxy-digest proxy-insecure proxy-negotiate proxy-ntlm proxy-ssl-allow-beast
	proxy-ssl-auto-client-cert proxy-tlsv1 p|proxytunnel raw J|remote-header-name O|remote-name remote-name-all
	R|remote-time remove-on-error retry-all-errors retry-connrefused sasl-ir S|show-error s|silent socks5-basic
	socks5-gssapi socks5-gssapi-nec ssl ssl-allow-beast ssl-auto-client-cert ssl-no-revoke ssl-reqd
	ssl-revoke-best-effort 2|sslv2 3|sslv3 styled-output suppress-connect-headers tcp-fastopen tcp-nodelay
	tftp-no-options 1|tlsv1 tlsv1.0 tlsv1.1 tlsv1.2 tlsv1.3 tr-encoding trace-time B|use-ascii v|verbose V|version xattr`;

const grammar = makeGrammar({ options: [...split(withValue), ...split(flags), 'next'] });

const bodies = ['--data', '--data-ascii', '--data-binary', '--data-urlencode', '--json', '--url-query'];
const forms = ['--form'];
const uploads = [
	...bodies.slice(0, 5),
	'--data-raw',
	'--form',
	'--form-string',
	'--upload-file',
	'--mail-from',
	'--quote',
];
const fileReads = [
	'--config',
	'--netrc-file',
	'--cert',
	'--key',
	'--cacert',
	'--etag-compare',
	'--upload-file',
	'--proxy-key',
];
const fileWrites = [
	'--output',
	'--cookie-jar',
	'--dump-header',
	'--trace',
	'--trace-ascii',
	'--stderr',
	'--libcurl',
	'--etag-save',
	'--hsts',
	'--alt-svc',
];
const affected = ['urls', 'method', 'uploads'];

export const curlPrograms: readonly Program[] = [{ names: ['curl', 'curlie'], read: readCurl }];

function readCurl(argv: readonly Word[], around: Around): Reading {
	const options = readArguments(argv, grammar);
	const findings = startFindings();
	addFlags(findings, options, around, affected);
	const urls = [...options.operands, ...valuesOf(options, '--url')];
	addWords(findings, 'urls', urls);
	const sends = hasOption(options, ...uploads);
	if (sends) findings.facts.set('uploads', true);
	setMethod(findings, options, sends);
	addFiles(findings, options, urls, around);
	if (hasOption(options, '--config')) for (const fact of affected) findings.unsure.add(fact);
	return finish(findings);
}

function setMethod(findings: Findings, options: Options, sends: boolean): void {
	const given = valuesOf(options, '--request').at(-1);
	if (given?.value !== undefined) findings.facts.set('method', given.value.toUpperCase());
	else if (given) findings.unsure.add('method');
	else if (hasOption(options, '--head')) findings.facts.set('method', 'HEAD');
	else if (hasOption(options, '--upload-file')) findings.facts.set('method', 'PUT');
	else findings.facts.set('method', sends && !hasOption(options, '--get') ? 'POST' : 'GET');
}

function addFiles(findings: Findings, options: Options, urls: readonly Word[], around: Around): void {
	const sent = [
		...valuesOf(options, ...bodies).flatMap((word) => behindMark(word, /^(?:[^@=]*)@/)),
		...valuesOf(options, ...forms).flatMap((word) => behindMark(word, /^[^=]*=[@<]/)),
		...valuesOf(options, '--header', '--proxy-header', '--write-out', '--mail-rcpt').flatMap((word) =>
			behindMark(word, /^@/),
		),
		...valuesOf(options, '--cookie').filter((word) => !firstKnown(word).includes('=')),
		...valuesOf(options, ...fileReads),
		...urls.flatMap((word) => behindMark(word, /^file:(?:\/\/(?:localhost)?(?=\/))?/i)),
	];
	addPaths(findings, 'reads', sent.filter(isFile), around);
	const output = valuesOf(options, '--output-dir').at(-1);
	const targets = valuesOf(options, ...fileWrites).filter((word) => isFile(word) && word.value !== '/dev/null');
	addPaths(findings, 'writes', targets, output ? { ...around, cwd: directoryOf(output, around) } : around);
	if (!hasOption(options, '--remote-name', '--remote-name-all')) return;
	if (output) addPaths(findings, 'writes', [output], around);
	else addToList(findings, 'writes', ...urls.flatMap((word) => remoteName(word)));
}

/** The file in `@file`, `name@file`, `field=@file;type=…`. */
function behindMark(word: Word, mark: RegExp): readonly Word[] {
	const start = firstKnown(word);
	const match = mark.exec(start);
	if (!match) return [];
	const file = attached(word, match[0].length);
	const end = file.value?.indexOf(';') ?? -1;
	return [end < 0 || file.value === undefined ? file : literal(file.value.slice(0, end))];
}

function directoryOf(word: Word, around: Around): string | null {
	if (!isStatic(word)) return null;
	return word.value.startsWith('/') || !around.cwd ? word.value : `${around.cwd}/${word.value}`;
}

function remoteName(url: Word): readonly string[] {
	const name = /\/([^/?#]+)(?:[?#].*)?$/.exec(url.value ?? '')?.[1];
	return name === undefined ? [] : [name];
}

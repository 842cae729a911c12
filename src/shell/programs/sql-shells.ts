// sqlite3, psql, mysql: SQL in options, operands and input, with commands that leave for the shell.
import { hasOption, type Options, valuesOf } from '../options.ts';
import type { Around, Program, Reading } from '../program.ts';
import type { Word } from '../word.ts';
import { codeProgram, codeReading, fileReading } from './code-program.ts';
import { merged, scriptLaunch } from './launching.ts';

/** The texts as a fact, and what they do; without any, input has them. */
function sqlReading(language: string, texts: readonly Word[], around: Around): Reading {
	if (texts.length === 0) return { launches: [{ kind: 'code', language, from: 'input' }] };
	const known = texts.flatMap((word) => word.value ?? []);
	const facts = known.length > 0 ? { facts: { sql: known } } : {};
	// A text with an unknown part can still leave for the shell if it can begin with the mark that does.
	const readings = texts.map((word) => (mayLeave(word, language) ? codeReading(language, [word], around) : {}));
	return merged(facts, known.length < texts.length ? { unsure: ['sql'] } : {}, ...readings);
}

/** SQL text that starts with a word and is otherwise data: `select … where id = $x`. */
function mayLeave(word: Word, language: string): boolean {
	if (word.value !== undefined) return true;
	const start = word.pieces[0] ?? '';
	const isSql = /^\s*(?:select|insert|update|delete|create|drop|alter|pragma|with|explain|show|describe)\s/i.test(
		start,
	);
	return !(isSql && language === 'sqlite');
}

/** Source: sqlite3 -help. The first operand is the database, those behind are SQL or dot commands. */
const sqlite = codeProgram({
	names: ['sqlite3', 'sqlite', 'sqlcipher', 'duckdb'],
	options: `-append -ascii -bail -batch -box -cmd=s -column -csv -c=s -deserialize -echo -init=s -header -noheader -help -html
		-interactive -json -line -list -lookaside=s{2} -markdown -maxsize=s -memtrace -mmap=s -newline=s -nofollow -nonce=s
		-no-rowid-in-view -no-utf8 -nullvalue=s -pagecache=s{2} -quote -readonly -safe -separator=s -stats -table -tabs
		-unsafe-testing -utf8 -version -vfs=s -zip -A help version`,
	onUnknown: 'flag',
	permutes: true,
	language: 'sqlite',
	readsInput: false,
	more: (options, _argv, around) => {
		if (hasOption(options, '-help', '-version')) return {};
		const [database, ...rest] = options.operands;
		const commands = valuesOf(options, '-cmd', '-c');
		// With -safe, the shell and most file commands are refused.
		if (hasOption(options, '-safe')) return {};
		const sql = rest.length > 0 || commands.length > 0 ? [...commands, ...rest] : [];
		const files = database && database.value !== ':memory:' ? [database] : [];
		const input: Reading = rest.length === 0 && commands.length > 0 ? sqlReading('sqlite', [], around) : {};
		return merged(
			sqlReading('sqlite', sql, around),
			input,
			fileReading('writes', files, around),
			fileReading('reads', files, around),
		);
	},
});

/** Source: psql --help. Several `-c` and `-f` run in order. */
const psql = codeProgram({
	names: ['psql', 'cockroach-sql', 'ysqlsh'],
	options: `a|echo-all A|no-align b|echo-errors c|command=s d|dbname=s e|echo-queries E|echo-hidden f|file=s F|field-separator=s
		h|host=s H|html l|list L|log-file=s n|no-readline o|output=s p|port=s P|pset=s q|quiet R|record-separator=s
		s|single-step S|single-line t|tuples-only T|table-attr=s U|username=s v|set|variable=s V|version w|no-password
		W|password x|expanded X|no-psqlrc z|field-separator-zero 0|record-separator-zero 1|single-transaction csv ?|help:s`,
	permutes: true,
	language: 'psql',
	readsInput: false,
	more: (options, _argv, around) => {
		if (hasOption(options, '--list')) return {};
		const files = valuesOf(options, '--file').filter((word) => word.value !== '-');
		const output = valuesOf(options, '--output').map((word) => word.value ?? '');
		const pipes = output
			.filter((text) => text.startsWith('|'))
			.map((text) => scriptLaunch({ value: text.slice(1), pieces: [text.slice(1)], splits: false }));
		const texts = valuesOf(options, '--command');
		const reads = fileReading('reads', files, around);
		const own = texts.length > 0 || files.length === 0 ? sqlReading('psql', texts, around) : {};
		return merged(own, reads, pipes.length > 0 ? { launches: pipes } : {});
	},
});

/** Source: mysql --help. A password may be attached to `-p`. */
const mysql = codeProgram({
	names: ['mysql', 'mariadb', 'mycli'],
	options: `h|host=s u|user=s p|password:s P|port=s S|socket=s D|database=s e|execute=s N|skip-column-names B|batch s|silent
		v|verbose V|version ?|help t|table X|xml H|html f|force q|quick r|raw E|vertical A|no-auto-rehash C|compress
		n|unbuffered w|wait defaults-file=s defaults-extra-file=s defaults-group-suffix=s no-defaults ssl-mode=s ssl-ca=s
		ssl-cert=s ssl-key=s pager:s tee=s delimiter=s default-character-set=s init-command=s protocol=s max-allowed-packet=s
		connect-timeout=s login-path=s plugin-dir=s prompt=s`,
	onUnknown: 'flag',
	permutes: true,
	language: 'mysql',
	readsInput: false,
	more: (options, _argv, around) => {
		const pagers = valuesOf(options, '--pager').map((word) => scriptLaunch(word));
		return merged(
			sqlReading('mysql', valuesOf(options, '--execute'), around),
			pagers.length > 0 ? { launches: pagers } : {},
			teeReading(options, around),
		);
	},
});

function teeReading(options: Options, around: Around): Reading {
	return fileReading('writes', valuesOf(options, '--tee'), around);
}

export const sqlShellPrograms: readonly Program[] = [sqlite, psql, mysql];

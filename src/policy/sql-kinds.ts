// The kinds of statement that a rule can name, and which of them stand in a syntax tree.
import type { Node } from 'libpg-query';
import { isKnownToAct } from './sql-functions.ts';

/** Each is the first word of a command of PostgreSQL, but where one word says too little. `docs/sql.md` explains them. */
export const sqlKinds = [
	...(['alter', 'analyze', 'begin', 'call', 'checkpoint', 'close', 'cluster', 'comment', 'commit', 'copy'] as const),
	...(['copy file', 'copy program', 'create', 'deallocate', 'declare', 'delete', 'discard', 'do', 'drop'] as const),
	...(['execute', 'explain', 'fetch', 'grant', 'import', 'insert', 'listen', 'load', 'lock', 'merge', 'move'] as const),
	...(['notify', 'prepare', 'reassign', 'refresh', 'reindex', 'release', 'reset', 'revoke', 'rollback'] as const),
	...(['savepoint', 'security label', 'select', 'set', 'set role', 'show', 'truncate', 'unlisten', 'update'] as const),
	'vacuum',
] as const;

export type SqlKind = (typeof sqlKinds)[number];

/** Keys of a node of the tree; everything a user wrote stands in values, never in keys. */
type Fields = Readonly<Record<string, unknown>>;

type NameOf<T> = T extends unknown ? keyof T : never;
/** Every type of node that is a statement, by the parser's own declaration. */
type StatementName = Extract<NameOf<Node>, `${string}Stmt`>;

type Verb = 'Create' | 'Alter' | 'Drop';

/** What a statement is, or does besides. A function where that depends on how it is written. */
type Says = SqlKind | ((fields: Fields) => readonly SqlKind[] | undefined);

/** Those that are not called after one of the {@link Verb}s. */
const statements: Readonly<Record<Exclude<StatementName, `${Verb}${string}`>, Says>> = {
	SelectStmt: 'select',
	InsertStmt: 'insert',
	UpdateStmt: 'update',
	DeleteStmt: 'delete',
	MergeStmt: 'merge',
	TruncateStmt: 'truncate',
	CopyStmt: copyKinds,
	ExplainStmt: 'explain',
	VariableShowStmt: 'show',
	VariableSetStmt: settingKinds,
	ConstraintsSetStmt: 'set',
	TransactionStmt: transactionKinds,
	LockStmt: 'lock',
	CallStmt: 'call',
	DoStmt: 'do',
	PrepareStmt: 'prepare',
	ExecuteStmt: 'execute',
	DeallocateStmt: 'deallocate',
	DeclareCursorStmt: 'declare',
	FetchStmt: ({ ismove }) => [ismove === true ? 'move' : 'fetch'],
	ClosePortalStmt: 'close',
	GrantStmt: grantKinds,
	GrantRoleStmt: grantKinds,
	ListenStmt: 'listen',
	NotifyStmt: 'notify',
	UnlistenStmt: 'unlisten',
	LoadStmt: 'load',
	// All of it includes who acts.
	DiscardStmt: ({ target }) => (target === 'DISCARD_ALL' ? ['discard', 'set role'] : ['discard']),
	CheckPointStmt: 'checkpoint',
	ClusterStmt: 'cluster',
	ReindexStmt: 'reindex',
	RefreshMatViewStmt: 'refresh',
	VacuumStmt: ({ is_vacuumcmd }) => [is_vacuumcmd === true ? 'vacuum' : 'analyze'],
	CommentStmt: 'comment',
	SecLabelStmt: 'security label',
	ReassignOwnedStmt: 'reassign',
	ImportForeignSchemaStmt: 'import',
	CompositeTypeStmt: 'create',
	DefineStmt: 'create',
	IndexStmt: 'create',
	RuleStmt: 'create',
	ViewStmt: 'create',
	RenameStmt: 'alter',
	ReplicaIdentityStmt: 'alter',
	// Parts of other statements.
	RawStmt: () => [],
	SetOperationStmt: () => [],
	ReturnStmt: () => [],
	PLAssignStmt: () => [],
};

const verbs = { Create: 'create', Alter: 'alter', Drop: 'drop' } as const satisfies Record<Verb, SqlKind>;

/**
 * Every kind of statement in the tree, bodies and sub-queries included, or `undefined` when there is one that has no
 * name here. What `explain` does not run does not count.
 */
export function kindsIn(parsed: readonly unknown[]): ReadonlySet<SqlKind> | undefined {
	const kinds = new Set<SqlKind>();
	const queue: unknown[] = [];
	for (const entry of parsed) {
		const statement = fieldsOf(entry)['stmt'];
		const names = Object.keys(fieldsOf(statement));
		if (names.length !== 1 || !/^[A-Z]\w*Stmt$/.test(names[0] as string)) return undefined;
		queue.push(statement);
	}
	// A list instead of recursion: the tree may be as deep as the text is long.
	for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
		for (const [key, value] of Object.entries(node as object)) {
			if (typeof value !== 'object' || value === null) continue;
			const said = saidBy(key, value as Fields);
			if (said === undefined) return undefined;
			for (const kind of said) kinds.add(kind);
			if (key !== 'ExplainStmt' || explainRuns(value as Fields)) queue.push(value);
		}
	}
	return kinds;
}

/** What the node `name` says of the text; undefined for a statement that is not known. */
function saidBy(name: string, fields: Fields): readonly SqlKind[] | undefined {
	if (Object.hasOwn(statements, name)) {
		const said = statements[name as keyof typeof statements];
		return typeof said === 'function' ? said(fields) : [said];
	}
	const [, verb] = /^(Create|Alter|Drop)\w*Stmt$/.exec(name) ?? [];
	if (verb !== undefined) return [verbs[verb as Verb]];
	switch (name) {
		case 'FuncCall':
			return actsBy(namesIn(fields['funcname']));
		// `f.pg_read_file` and `('s'::regclass).nextval` are calls, too.
		case 'ColumnRef':
			return namesIn(fields['fields'])
				.slice(1)
				.flatMap((field) => actsBy([field]));
		case 'A_Indirection':
			return namesIn(fields['indirection']).flatMap((field) => actsBy([field]));
		// Of a SELECT on its own, and of one that is part of a UNION.
		case 'intoClause':
			return ['create'];
		case 'lockingClause':
			return ['lock'];
		// What stands in the way of the new row is changed.
		case 'onConflictClause':
			return fields['action'] === 'ONCONFLICT_UPDATE' ? ['update'] : [];
		default:
			return /^[A-Z]\w*Stmt$/.test(name) ? undefined : [];
	}
}

/** Loading brings rows in; the server's files and programs are more than a table. */
function copyKinds({ is_from, is_program, filename }: Fields): readonly SqlKind[] {
	const where: readonly SqlKind[] =
		is_program === true ? ['copy program'] : filename === undefined ? [] : ['copy file'];
	return ['copy', ...(is_from === true ? (['insert'] as const) : []), ...where];
}

/** Who acts is more than a setting, and `reset role` gives back what a server has taken away for us. */
function settingKinds({ kind, name }: Fields): readonly SqlKind[] {
	if (typeof name === 'string' && /^(?:role|session_authorization)$/i.test(name)) return ['set role'];
	return [kind === 'VAR_RESET' || kind === 'VAR_RESET_ALL' ? 'reset' : 'set'];
}

function transactionKinds({ kind }: Fields): readonly SqlKind[] | undefined {
	const word = /^TRANS_STMT_(BEGIN|START|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|PREPARE)(?:_TO|_PREPARED)?$/.exec(
		String(kind),
	)?.[1];
	if (word === undefined) return undefined;
	return [
		word === 'START'
			? 'begin'
			: (word.toLowerCase() as Lowercase<'BEGIN' | 'COMMIT' | 'ROLLBACK' | 'SAVEPOINT' | 'RELEASE' | 'PREPARE'>),
	];
}

function grantKinds({ is_grant }: Fields): readonly SqlKind[] {
	return [is_grant === true ? 'grant' : 'revoke'];
}

function actsBy(path: readonly string[]): readonly SqlKind[] {
	return isKnownToAct(path) ? ['call'] : [];
}

/** `explain analyze` runs what it explains. Of several options the last one counts; here one that may be on is enough. */
function explainRuns({ options }: Fields): boolean {
	return listOf(options).some((option) => {
		const { defname, arg } = fieldsOf(fieldsOf(option)['DefElem']);
		return String(defname).toLowerCase() === 'analyze' && !isOff(fieldsOf(arg));
	});
}

function isOff(arg: Fields): boolean {
	if (arg['Integer'] !== undefined) return (fieldsOf(arg['Integer'])['ival'] ?? 0) === 0;
	return /^(?:false|off)$/i.test(String(fieldsOf(arg['String'])['sval']));
}

/** The names in a list of nodes; subscripts and `*` are none. */
function namesIn(nodes: unknown): readonly string[] {
	return listOf(nodes).flatMap((node) => {
		const { sval } = fieldsOf(fieldsOf(node)['String']);
		return typeof sval === 'string' ? [sval] : [];
	});
}

function fieldsOf(value: unknown): Fields {
	return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function listOf(value: unknown): readonly unknown[] {
	return Array.isArray(value) ? value : [];
}

// Functions that do more than compute an answer from what a role may read: a query that calls one acts.

/**
 * By name, whatever the schema: what they are called is all that a text tells. Collected from the volatile functions of
 * PostgreSQL 15 and of the extensions that come with it, without those that only look (sizes, clocks, random numbers).
 */
const names = new Set(
	[
		// sequences, settings, sessions, notifications
		'nextval setval set_config setseed pg_notify pg_cancel_backend pg_terminate_backend pg_reload_conf pg_rotate_logfile',
		'pg_promote pg_export_snapshot pg_switch_wal pg_switch_xlog pg_nextoid',
		// files of the server
		'pg_stat_file pg_logdir_ls pg_current_logfile pg_hba_file_rules pg_ident_file_mappings pg_show_all_file_settings',
		'loread lowrite xslt_process',
		// SQL that comes as a string
		'query_to_xml query_to_xmlschema query_to_xml_and_xmlschema cursor_to_xml cursor_to_xmlschema ts_stat ts_rewrite',
		'crosstab crosstab2 crosstab3 crosstab4 crosstabn connectby xpath_table xpath_list',
		// maintenance
		'gin_clean_pending_list pg_prewarm set_limit pg_truncate_visibility_map pg_stat_statements_reset',
		'pg_buffercache_evict pg_buffercache_evict_relation pg_buffercache_evict_all',
		// of other databases and of extensions that many install
		'load_file load_extension readfile writefile benchmark get_lock sys_exec sys_eval sys_get',
		'http http_get http_head http_post http_put http_patch http_delete',
	].flatMap((line) => line.split(' ')),
);

const families = [
	/^(?:lo|dblink|binary_upgrade|brin_summarize|brin_desummarize|postgres_fdw_disconnect|heap_force|autoprewarm)(?:_|$)/,
	/^pg_(?:ls|file|read|create|drop|copy|import|replication|logical|log|restore|clear|sync)_/,
	/^pg_(?:try_)?advisory_/,
	/^pg_(?:sleep|stat_reset|wal_replay_(?:pause|resume)|xlog_replay_(?:pause|resume))/,
	/^pg_(?:backup_(?:start|stop)|start_backup|stop_backup)$/,
];

/** Schemas in which an extension puts functions that act. */
const schemas = new Set(['cron', 'net', 'dblink', 'aws_s3', 'aws_lambda', 'aws_commons', 'pgmq']);

/** Is a function, called by its name with or without a schema, known to act? */
export function isKnownToAct(path: readonly string[]): boolean {
	const name = path.at(-1) ?? '';
	const schema = path.at(-2);
	return (
		names.has(name) || families.some((family) => family.test(name)) || (schema !== undefined && schemas.has(schema))
	);
}

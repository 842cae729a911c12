// Java, Groovy, Scala, Kotlin, C#, Go, Elixir, Erlang, Swift, AppleScript: what starts programs and touches files.
import type { Language, Uses } from '../language.ts';
import {
	appleScript as appleScriptLexis,
	elixir as elixirLexis,
	erlang as erlangLexis,
	jvm as jvmLexis,
	likeC,
	swift as swiftLexis,
} from './lexes.ts';

const javaUses: Uses = {
	'*.exec': { does: 'split' },
	ProcessBuilder: { does: 'argv' },
	'*.command': { does: 'argv' },
	'Class.forName': { does: 'hide' },
	'*.getMethod': { does: 'hide' },
	'*.getDeclaredMethod': { does: 'hide' },
	'*.loadLibrary': { does: 'hide' },
	ScriptEngineManager: { does: 'hide' },
	ProcessImpl: { does: 'hide' },
	FileReader: { does: 'touch', reads: 0 },
	FileInputStream: { does: 'touch', reads: 0 },
	FileWriter: { does: 'touch', writes: 0 },
	FileOutputStream: { does: 'touch', writes: 0 },
};

const lists = ['List', 'listOf', 'arrayOf', 'asList', 'of', 'Seq', 'Array', 'Vector', 'String'];

function javaLike(uses: Uses): Language {
	return { lexis: jvmLexis, uses: { ...javaUses, ...uses }, calls: 'brackets', joins: ['+'], receivers: [], lists };
}

export const java: Language = { ...javaLike({}), lexis: likeC };

export const groovy: Language = {
	...javaLike({
		'*.execute': { does: 'split', at: 'receiver' },
		evaluate: { does: 'eval' },
		'*.evaluate': { does: 'eval' },
		'Eval.me': { does: 'eval' },
		GroovyShell: { does: 'touch' },
		'*.invokeMethod': { does: 'hide' },
		File: { does: 'touch', reads: 0, writes: 0 },
	}),
	calls: 'bare',
};

export const scala: Language = javaLike({
	'*.!': { does: 'split', at: 'receiver' },
	Process: { does: 'either' },
	stringToProcess: { does: 'split' },
});

export const kotlin: Language = javaLike({});

export const csharp: Language = {
	lexis: likeC,
	uses: {
		'Process.Start': { does: 'argv' },
		ProcessStartInfo: { does: 'argv' },
		DllImport: { does: 'hide' },
		'*.Invoke': { does: 'hide' },
		'*.GetMethod': { does: 'hide' },
		'File.ReadAllText': { does: 'touch', reads: 0 },
		'File.WriteAllText': { does: 'touch', writes: 0 },
		'File.Delete': { does: 'touch', deletes: 0 },
		'Directory.Delete': { does: 'touch', deletes: 0 },
	},
	calls: 'brackets',
	joins: ['+'],
	receivers: [],
};

export const swift: Language = {
	lexis: swiftLexis,
	uses: {
		Process: { does: 'hide' },
		NSTask: { does: 'hide' },
		system: { does: 'shell' },
		popen: { does: 'shell' },
		execv: { does: 'exec' },
		posix_spawn: { does: 'hide' },
		dlopen: { does: 'hide' },
	},
	calls: 'brackets',
	joins: ['+'],
	receivers: ['Darwin', 'Glibc', 'Foundation'],
};

export const elixir: Language = {
	lexis: elixirLexis,
	uses: {
		'System.cmd': { does: 'argv' },
		'System.shell': { does: 'shell' },
		'os.cmd': { does: 'shell' },
		'Mix.shell': { does: 'hide' },
		'Port.open': { does: 'hide' },
		open_port: { does: 'hide' },
		'*.open_port': { does: 'hide' },
		'Code.eval_string': { does: 'eval' },
		'Code.eval_quoted': { does: 'hide' },
		'Code.string_to_quoted': { does: 'hide' },
		apply: { does: 'hide' },
		'Kernel.apply': { does: 'hide' },
		'*.apply': { does: 'hide' },
		'File.cd': { does: 'move' },
		'File.read': { does: 'touch', reads: 0 },
		'File.read!': { does: 'touch', reads: 0 },
		'File.stream!': { does: 'touch', reads: 0 },
		'File.write': { does: 'touch', writes: 0 },
		'File.write!': { does: 'touch', writes: 0 },
		'File.rm': { does: 'touch', deletes: 0 },
		'File.rm!': { does: 'touch', deletes: 0 },
		'File.rm_rf': { does: 'touch', deletes: 0 },
		'File.rm_rf!': { does: 'touch', deletes: 0 },
	},
	calls: 'bare',
	joins: ['<>'],
	receivers: [],
};

export const erlang: Language = {
	lexis: erlangLexis,
	uses: {
		'os.cmd': { does: 'shell' },
		cmd: { does: 'shell' },
		open_port: { does: 'hide' },
		apply: { does: 'hide' },
		spawn: { does: 'hide' },
		'erl_eval.exprs': { does: 'hide' },
		'erl_scan.string': { does: 'hide' },
		'file.read_file': { does: 'touch', reads: 0 },
		'file.write_file': { does: 'touch', writes: 0 },
		'file.delete': { does: 'touch', deletes: 0 },
	},
	calls: 'brackets',
	joins: ['++', ''],
	receivers: ['erlang'],
};

export const appleScript: Language = {
	lexis: appleScriptLexis,
	uses: {
		script: { does: 'shell' },
		run: { does: 'hide' },
		Terminal: { does: 'hide' },
		load: { does: 'hide' },
	},
	calls: 'bare',
	joins: ['&'],
	receivers: [],
};

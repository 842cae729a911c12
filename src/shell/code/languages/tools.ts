// Expressions inside tools: C as debuggers evaluate it, Vim script, gnuplot.
import type { Language } from '../language.ts';
import { likeC, lisp } from './lexes.ts';

export const c: Language = {
	lexis: likeC,
	uses: {
		system: { does: 'shell' },
		popen: { does: 'shell' },
		execv: { does: 'hide' },
		execve: { does: 'hide' },
		execvp: { does: 'hide' },
		execl: { does: 'exec' },
		execlp: { does: 'exec' },
		posix_spawn: { does: 'hide' },
		posix_spawnp: { does: 'hide' },
		dlopen: { does: 'hide' },
	},
	calls: 'brackets',
	joins: [''],
	receivers: [],
};

export const vimScript: Language = {
	lexis: {
		...lisp,
		lineComments: [],
		blockComments: [],
		quotes: [
			{ open: '"', close: '"', escapes: 'c' },
			{ open: "'", close: "'", escapes: 'doubled' },
		],
		nameMarks: ':#',
	},
	uses: {
		system: { does: 'shell' },
		systemlist: { does: 'shell' },
		job_start: { does: 'split' },
		term_start: { does: 'split' },
		jobstart: { does: 'either' },
		termopen: { does: 'either' },
		execute: { does: 'eval', language: 'vim' },
		win_execute: { does: 'eval', language: 'vim', at: 1 },
		eval: { does: 'eval' },
		feedkeys: { does: 'hide' },
		libcall: { does: 'hide' },
		function: { does: 'reach' },
		funcref: { does: 'reach' },
		call: { does: 'reach' },
		timer_start: { does: 'hide' },
		luaeval: { does: 'eval', language: 'lua' },
		py3eval: { does: 'eval', language: 'python' },
		pyeval: { does: 'eval', language: 'python' },
		pyxeval: { does: 'eval', language: 'python' },
		perleval: { does: 'eval', language: 'perl' },
		rubyeval: { does: 'eval', language: 'ruby' },
		writefile: { does: 'touch', writes: 1 },
		readfile: { does: 'touch', reads: 0 },
		delete: { does: 'touch', deletes: 0 },
		rename: { does: 'touch', deletes: 0, writes: 1 },
	},
	calls: 'brackets',
	joins: ['.', '..'],
	receivers: [],
};

export const gnuplot: Language = {
	lexis: {
		...likeC,
		lineComments: ['#'],
		blockComments: [],
		quotes: [
			{ open: '"', close: '"', escapes: 'c' },
			{ open: "'", close: "'", escapes: 'doubled' },
			{ open: '`', close: '`', escapes: 'none', isCommand: true },
		],
		hasBreaks: true,
	},
	uses: {
		system: { does: 'shell' },
		evaluate: { does: 'eval' },
		eval: { does: 'eval' },
		'*.system': { does: 'shell' },
	},
	calls: 'bare',
	joins: ['.'],
	receivers: [],
};

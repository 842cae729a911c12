// Every language whose code the analyser reads as expressions and calls, by name.
import type { Language } from './language.ts';
import { appleJavascript, javascript } from './languages/javascript.ts';
import { clojure, commonLisp, emacsLisp, scheme } from './languages/lisps.ts';
import { perl } from './languages/perl.ts';
import { python } from './languages/python.ts';
import { ruby } from './languages/ruby.ts';
import { haskell, julia, nim, octave, r } from './languages/science.ts';
import { awk, lua, php } from './languages/scripting.ts';
import { c, gnuplot, vimScript } from './languages/tools.ts';
import {
	appleScript,
	csharp,
	elixir,
	erlang,
	groovy,
	java,
	kotlin,
	scala,
	swift,
} from './languages/virtual-machines.ts';

export const languages: ReadonlyMap<string, Language> = new Map(
	Object.entries({
		'apple-javascript': appleJavascript,
		applescript: appleScript,
		awk,
		c,
		clojure,
		'common-lisp': commonLisp,
		csharp,
		elisp: emacsLisp,
		elixir,
		erlang,
		'gnuplot-expressions': gnuplot,
		groovy,
		haskell,
		java,
		javascript,
		julia,
		kotlin,
		lua,
		nim,
		octave,
		perl,
		php,
		python,
		r,
		ruby,
		scala,
		scheme,
		swift,
		vimscript: vimScript,
	}),
);

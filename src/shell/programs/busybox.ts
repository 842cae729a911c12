// busybox and toybox: their first argument names the applet.
import type { Program } from '../program.ts';
import { isStatic } from '../word-parts.ts';
import { launchTail } from './launching.ts';

export const busyboxPrograms: readonly Program[] = ['busybox', 'toybox'].map((name) => ({
	names: [name, `${name}.static`, `${name}-static`],
	read(argv, around) {
		const [, applet] = argv;
		if (applet && isStatic(applet) && applet.value.startsWith('-')) return { flags: [applet.value] };
		// The applet is a part of busybox: no file of its name is executed.
		return launchTail(argv, 1, around, { isVirtual: true });
	},
}));

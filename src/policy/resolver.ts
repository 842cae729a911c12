// How the file system has the paths of one call; each is looked up only once.
import type { PathForms, Ports } from '../abi/decision.ts';

export interface Resolver {
	/** Undefined when it can't be resolved: NUL, a loop, somebody else's home. */
	resolve(path: string): PathForms | undefined;
}

/** Most calls ask about fewer: those are found faster one by one than by their hash. */
const fewPaths = 16;

/** Resolves against one directory. */
export class KnownPaths implements Resolver {
	readonly #ports: Pick<Ports, 'resolvePath'>;
	readonly #directory: string;
	readonly #paths: string[] = [];
	readonly #forms: (PathForms | undefined)[] = [];
	#more: Map<string, PathForms | undefined> | undefined;

	constructor(ports: Pick<Ports, 'resolvePath'>, directory: string) {
		this.#ports = ports;
		this.#directory = directory;
	}

	resolve(path: string): PathForms | undefined {
		for (let at = 0; at < this.#paths.length; at++) if (this.#paths[at] === path) return this.#forms[at];
		if (this.#more?.has(path)) return this.#more.get(path);
		const forms = this.#ports.resolvePath(path, this.#directory);
		if (this.#paths.length < fewPaths) {
			this.#paths.push(path);
			this.#forms.push(forms);
		} else {
			this.#more ??= new Map();
			this.#more.set(path, forms);
		}
		return forms;
	}
}

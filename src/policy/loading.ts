// What is known while one file is loaded.
import type { Problem, ProblemCode } from '../abi/problem.ts';
import { keyPlace, type Path, place, type YamlDocument } from '../text/places.ts';
import type { Cels } from './cel-condition.ts';
import type { Zones } from './time.ts';

/** What one load has found wrong so far, and what it looked up once. */
export class Loading {
	readonly problems: Problem[] = [];
	readonly zones: Zones = new Map();
	readonly cels: Cels = new Map();

	constructor(readonly document: YamlDocument) {}

	complain(code: ProblemCode, path: Path, message: string, help: string, at: 'value' | 'key' = 'value'): void {
		const where = (at === 'key' ? keyPlace : place)(this.document, path);
		this.problems.push({ code, severity: 'error', message, where, help });
	}
}

// What a zod schema allows at a path: which keys, and which kinds of value.
import type { z } from 'zod';
import type { Path } from './places.ts';

type Schema = z.core.$ZodType;

/** The keys of every mapping that may stand at `path`. */
export function knownKeys(schema: Schema, path: Path): string[] {
	return schemasAt(schema, path).flatMap((found) => {
		const { def } = found._zod as z.core.$ZodTypes['_zod'];
		return def.type === 'object' ? Object.keys(def.shape) : [];
	});
}

/** The kinds of value that may stand at `path`, in words: `text`, `a number`, `a list`, `a mapping` … */
export function expectationOf(schema: Schema, path: Path): string[] {
	const words = schemasAt(schema, path).flatMap((found): string[] => {
		const { def } = found._zod as z.core.$ZodTypes['_zod'];
		switch (def.type) {
			case 'string':
				return ['text'];
			case 'number':
				return ['a number'];
			case 'boolean':
				return ['`true` or `false`'];
			case 'array':
				return ['a list'];
			case 'object':
			case 'record':
				return ['a mapping'];
			case 'enum':
				return Object.values(def.entries).map((word) => `\`${word}\``);
			case 'literal':
				return def.values.map((value) => `\`${value}\``);
			case 'unknown':
				// Stands for kinds of value that zod has no name for; their description says which.
				return [(found as z.ZodType).description ?? 'a value'];
			default:
				return [];
		}
	});
	return [...new Set(words)];
}

function schemasAt(schema: Schema, path: Path): Schema[] {
	let level = alternatives(schema);
	for (const step of path) {
		level = level.flatMap((found) => {
			const { def } = found._zod as z.core.$ZodTypes['_zod'];
			if (def.type === 'object' && typeof step === 'string') {
				return Object.hasOwn(def.shape, step) ? alternatives(def.shape[step]) : [];
			}
			if (def.type === 'record' && typeof step === 'string') return alternatives(def.valueType);
			return def.type === 'array' && typeof step === 'number' ? alternatives(def.element) : [];
		});
	}
	return level;
}

/** Looks through everything that only wraps. */
function alternatives(schema: Schema | undefined): Schema[] {
	if (schema === undefined) return [];
	const { def } = schema._zod as z.core.$ZodTypes['_zod'];
	switch (def.type) {
		case 'union':
			return def.options.flatMap(alternatives);
		case 'optional':
		case 'nullable':
		case 'default':
		case 'nonoptional':
		case 'readonly':
			return alternatives(def.innerType);
		case 'pipe':
			return alternatives(def.in);
		case 'lazy':
			return alternatives(def.getter());
		default:
			return [schema];
	}
}

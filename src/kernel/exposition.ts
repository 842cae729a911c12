// Counters, gauges and histograms, and the text that Prometheus reads (text format 0.0.4).

export type Labels = Readonly<Record<string, string>>;

interface Family {
	readonly name: string;
	readonly help: string;
	readonly type: 'counter' | 'gauge' | 'histogram';
	readonly lines: () => readonly string[];
}

/** How many rows one name may have: what agents and servers say must not make us remember without end. */
const maxSeries = 1_000;

export class Exposition {
	readonly #families: Family[] = [];

	/** `labels` are their names, in order. Beyond the most rows every value counts under `other`. */
	counter(name: string, help: string, labels: readonly string[] = []): (values?: Labels, by?: number) => void {
		const rows = new Rows(labels, () => ({ value: 0 }));
		const lines = () => rows.all().map(({ labels: text, row }) => `${name}${text} ${row.value}`);
		this.#families.push({ name, help, type: 'counter', lines });
		// Without labels there is one row, and a rate needs its zero.
		if (labels.length === 0) rows.of({});
		return (values = {}, by = 1) => {
			rows.of(values).value += by;
		};
	}

	/** Read when it is asked for; values by their labels. */
	gauge(
		name: string,
		help: string,
		read: () => number,
		type: 'gauge' | 'counter' = 'gauge',
		labels: Labels = {},
	): void {
		const text = labelText(Object.entries(labels));
		this.#families.push({ name, help, type, lines: () => [`${name}${text} ${read()}`] });
	}

	/** Observes seconds. */
	histogram(
		name: string,
		help: string,
		bounds: readonly number[],
		labels: readonly string[] = [],
	): (values: Labels, seconds: number) => void {
		const rows = new Rows(labels, () => ({ counts: bounds.map(() => 0), count: 0, sum: 0 }));
		const lines = () =>
			rows
				.all()
				.flatMap(({ entries, labels: text, row }) => [
					...bounds.map(
						(bound, at) => `${name}_bucket${labelText([...entries, ['le', String(bound)]])} ${row.counts[at]}`,
					),
					`${name}_bucket${labelText([...entries, ['le', '+Inf']])} ${row.count}`,
					`${name}_sum${text} ${row.sum}`,
					`${name}_count${text} ${row.count}`,
				]);
		this.#families.push({ name, help, type: 'histogram', lines });
		return (values, seconds) => {
			const row = rows.of(values);
			row.count += 1;
			row.sum += seconds;
			for (const [at, bound] of bounds.entries()) if (seconds <= bound) row.counts[at] = (row.counts[at] ?? 0) + 1;
		};
	}

	text(): string {
		return this.#families
			.map(({ name, help, type, lines }) =>
				[`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines(), ''].join('\n'),
			)
			.join('');
	}
}

class Rows<Row> {
	readonly #names: readonly string[];
	readonly #make: () => Row;
	readonly #rows = new Map<string, { readonly entries: readonly (readonly [string, string])[]; readonly row: Row }>();

	constructor(names: readonly string[], make: () => Row) {
		this.#names = names;
		this.#make = make;
	}

	of(values: Labels): Row {
		const entries = this.#names.map((name) => [name, values[name] ?? ''] as const);
		const text = labelText(entries);
		const known = this.#rows.get(text);
		if (known !== undefined) return known.row;
		if (this.#rows.size < maxSeries) return this.#add(text, entries);
		const rest = this.#names.map((name) => [name, 'other'] as const);
		return this.#rows.get(labelText(rest))?.row ?? this.#add(labelText(rest), rest);
	}

	all() {
		return [...this.#rows].map(([labels, { entries, row }]) => ({ labels, entries, row }));
	}

	#add(text: string, entries: readonly (readonly [string, string])[]): Row {
		const row = this.#make();
		this.#rows.set(text, { entries, row });
		return row;
	}
}

/** `{a="b"}`; a value can neither end its quotes nor its line, nor be longer than a name needs. */
function labelText(entries: readonly (readonly [string, string])[]): string {
	if (entries.length === 0) return '';
	const escaped = (value: string) =>
		value
			.slice(0, 200)
			.replace(/[\\"]/g, '\\$&')
			.replace(/\n/g, '\\n')
			.replace(/\p{Cc}/gu, '?');
	return `{${entries.map(([name, value]) => `${name}="${escaped(value)}"`).join(',')}}`;
}

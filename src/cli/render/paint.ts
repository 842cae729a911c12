// Colours for terminals, and nothing else than text without them.

const codes = {
	good: '32',
	changed: '36',
	bad: '31',
	caution: '33',
	quiet: '2',
	strong: '1',
	title: '1;4',
} as const;

export type Tone = keyof typeof codes;

export type Paint = (tone: Tone, text: string) => string;

export function painter(color: boolean): Paint {
	return (tone, text) => (color && text !== '' ? `\u001b[${codes[tone]}m${text}\u001b[0m` : text);
}

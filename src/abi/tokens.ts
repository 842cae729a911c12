// What a text costs a model, as well as that can be said without knowing the model.

/** A model reads about four characters as one token. The one place for this number. */
export const charactersPerToken = 4;

/** Tokens of so many characters, rounded up. */
export function tokensIn(characters: number): number {
	return Math.ceil(characters / charactersPerToken);
}

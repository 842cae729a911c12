// Whether somebody still waits for a call.

/** The part of an AbortSignal that calls need. INVARIANT: each is an AbortSignal or a `Cancellation` of the wire. */
export interface CancelSignal {
	readonly aborted: boolean;
	/** What was said when it was aborted. */
	readonly reason: unknown;
	addEventListener(type: 'abort', listener: () => void, options?: { readonly once?: boolean }): void;
	removeEventListener(type: 'abort', listener: () => void): void;
}

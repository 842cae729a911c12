// Waits for something, but not forever.

/** What the promise resolves to, or undefined when that takes longer than `ms`. */
export async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
	let timer: NodeJS.Timeout | undefined;
	const patience = new Promise<undefined>((resolve) => {
		timer = setTimeout(resolve, ms, undefined);
	});
	try {
		return await Promise.race([promise, patience]);
	} finally {
		clearTimeout(timer);
	}
}

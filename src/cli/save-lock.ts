// Writes trapgate.lock: whole or not at all, and never over a file that is not the one that was read.
import { TrapgateError } from '../abi/problem.ts';
import { largestLock, loadLock } from '../kernel/lock/file.ts';
import type { Lock } from '../kernel/lock/lock.ts';
import { lockText } from '../kernel/lock/text.ts';
import { replaceFile } from './replace-file.ts';

/**
 * Replaces the file, which must still hold `before` (undefined: must not exist). Returns its new text. Throws C105 when
 * it does not, when the lock would be too large, and when the disk refuses; then the old file is there as it was.
 */
export function saveLock(path: string, lock: Pick<Lock, 'drivers'>, before: string | undefined): string {
	const text = lockText(lock);
	const bytes = Buffer.byteLength(text);
	if (bytes > largestLock) {
		const help = 'load fewer drivers, or accept fewer tools';
		throw new TrapgateError('C105', `\`${path}\` would have ${bytes} bytes, and the limit is ${largestLock}`, { help });
	}
	// What can't be read back must not take the place of what can.
	const again = loadLock({ file: path, text });
	if (again.lock === undefined || lockText(again.lock) !== text) {
		const why = again.problems[0]?.message ?? 'it reads as another';
		throw new TrapgateError('C105', `\`${path}\` could not be read back: ${why}`);
	}
	replaceFile(path, before === undefined ? undefined : Buffer.from(before), text);
	return text;
}

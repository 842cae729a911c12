// How often and how long, as people say it.
import type { LimitUse } from '../abi/decision.ts';

/** `30 calls in 10m for this agent`. */
export function rateText({ calls, perMs, scope }: Pick<LimitUse, 'calls' | 'perMs' | 'scope'>): string {
	const whose = scope === 'everyone' ? 'for all agents together' : 'for this agent';
	return `${calls === 1 ? '1 call' : `${calls} calls`} in ${durationText(perMs)} ${whose}`;
}

/** `45s`, `4m 10s`, `2h`, `1h 30m`: two units at most, seconds rounded up, so that waiting it out is enough. */
export function durationText(ms: number): string {
	const seconds = Math.max(1, Math.ceil(ms / 1000));
	const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
	const units = [
		[hours, 'h'],
		[minutes, 'm'],
		[rest, 's'],
	] as const;
	const first = units.findIndex(([amount]) => amount > 0);
	return units
		.slice(first, first + 2)
		.filter(([amount]) => amount > 0)
		.map(([amount, unit]) => `${amount}${unit}`)
		.join(' ');
}

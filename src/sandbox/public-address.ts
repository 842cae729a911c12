// Whether an address belongs to the public internet, where nothing of this machine, its networks or its cloud answers.
import { BlockList, isIP } from 'node:net';

/**
 * False for everything special: loopback, private, link-local (the metadata services of clouds), shared (CGNAT), multicast,
 * documentation, reserved, and IPv6 forms that carry an IPv4 address in them (mapped, NAT64, 6to4, Teredo); for text that is no
 * address, too. After the IANA registries of special-purpose addresses.
 */
export function isPublicAddress(address: string): boolean {
	switch (isIP(address)) {
		case 4:
			return !special.check(address, 'ipv4');
		case 6:
			// A zone (`%eth0`) names a link of this machine.
			return !address.includes('%') && global.check(address, 'ipv6') && !special.check(address, 'ipv6');
		default:
			return false;
	}
}

const specialIpv4: readonly (readonly [network: string, prefix: number])[] = [
	['0.0.0.0', 8],
	['10.0.0.0', 8],
	['100.64.0.0', 10],
	['127.0.0.0', 8],
	['169.254.0.0', 16],
	// Azure's own service, which answers with credentials from what looks like a public address.
	['168.63.129.16', 32],
	['172.16.0.0', 12],
	['192.0.0.0', 24],
	['192.0.2.0', 24],
	['192.88.99.0', 24],
	['192.168.0.0', 16],
	['198.18.0.0', 15],
	['198.51.100.0', 24],
	['203.0.113.0', 24],
	['224.0.0.0', 4],
	['240.0.0.0', 4],
];

/** Inside of 2000::/3, the only part of IPv6 that is in public use. */
const specialIpv6: readonly (readonly [network: string, prefix: number])[] = [
	['2001::', 23],
	['2001:db8::', 32],
	['2002::', 16],
	['3fff::', 20],
];

const global = blockList([['2000::', 3]], 'ipv6');
const special = blockList(specialIpv6, 'ipv6', blockList(specialIpv4, 'ipv4'));

function blockList(
	networks: readonly (readonly [network: string, prefix: number])[],
	family: 'ipv4' | 'ipv6',
	list: BlockList = new BlockList(),
): BlockList {
	for (const [network, prefix] of networks) list.addSubnet(network, prefix, family);
	return list;
}

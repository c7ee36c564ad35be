/**
 * The address of a caller, if it can be known. Behind a proxy the peer of the connection is the proxy, and
 * its X-Forwarded-For counts only if the operator has declared the proxy as theirs: anybody can send that
 * header. An address that may be somebody else's is worse than none.
 */
import ipaddr from 'ipaddr.js';
import { printIpAddress } from '#domain/event/ip-address.ts';

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number];

/** The operator's proxies: by their addresses, or by how many of them every request passes. */
export type TrustedProxies = { ranges: readonly Range[] } | { hops: number };

const named: Readonly<Record<string, string>> = {
  loopback: '127.0.0.0/8,::1/128',
  linklocal: '169.254.0.0/16,fe80::/10',
  uniquelocal: '10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7',
};
const maxHops = 32;

/** Parses a number of hops, or addresses and ranges separated by commas; undefined if the text is neither. */
export const parseTrustedProxies = (text: string): TrustedProxies | undefined => {
  if (/^\d{1,2}$/.test(text.trim())) {
    const hops = Number(text);
    return hops <= maxHops ? { hops } : undefined;
  }
  const ranges = text
    .split(',')
    .flatMap(part => (named[part.trim()] ?? part).split(','))
    .map(part => parseRange(part.trim()));
  return ranges.every(range => range !== undefined) ? { ranges } : undefined;
};

/** A range that holds every address is refused: with it anybody could claim to be somebody else. */
const parseRange = (text: string): Range | undefined => {
  const [, address = '', bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  if (!printIpAddress(address)) return undefined;
  const parsed = ipaddr.parse(address);
  const isMapped = parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress();
  const network = ipaddr.process(address);
  const size = network.kind() === 'ipv4' ? 32 : 128;
  const length = bits === undefined ? size : Number(bits) - (isMapped ? 96 : 0);
  return length >= 1 && length <= size ? [network, length] : undefined;
};

/** What is visible of a request. `headers` are those that proxies set. */
export type SeenRequest = {
  peer: string | undefined;
  headers: Readonly<Record<string, string | undefined>>;
};

const proxyHeaders = ['forwarded', 'via', 'x-forwarded-for', 'x-real-ip'];

/** `isBehindProxy`: requests are known to come through a proxy, but not through which. */
export const callerAddress = (
  { peer, headers }: SeenRequest,
  trusted: TrustedProxies | undefined,
  isBehindProxy: boolean,
): string | undefined => {
  const from = readAddress(peer ?? '');
  if (!trusted) {
    const isForwarded = proxyHeaders.some(name => headers[name] !== undefined);
    return isBehindProxy || isForwarded ? undefined : from;
  }
  const forwardedFor = (headers['x-forwarded-for'] ?? '')
    .split(',')
    .filter(part => part.trim() !== '')
    .reverse();
  // From the server outwards, each address as the next proxy saw it.
  const path = [from, ...forwardedFor.map(readAddress)];
  if ('hops' in trusted) return path[trusted.hops];
  const caller = path.findIndex(address => address === undefined || !isIn(trusted.ranges, address));
  // If all are proxies, the outermost that a proxy has named is the client; nobody has named the peer.
  return caller === -1 ? (path.length > 1 ? path.at(-1) : undefined) : path[caller];
};

const isIn = (ranges: readonly Range[], text: string): boolean => {
  const address = ipaddr.parse(text);
  return ranges.some(
    ([network, bits]) => network.kind() === address.kind() && address.match([network, bits] as never),
  );
};

/** The address in one form, without quotes, brackets, a zone, or the port that some proxies add. */
const readAddress = (text: string): string | undefined => {
  const bare = text.trim().replace(/^"(.*)"$/, '$1');
  const [, bracketed, dotted] = /^(?:\[([^\]]*)\](?::\d+)?|(\d+\.\d+\.\d+\.\d+):\d+)$/.exec(bare) ?? [];
  return printIpAddress((bracketed ?? dotted ?? bare).replace(/%.*$/, ''));
};

/** What the operator lets HTTPS deliveries connect to besides public addresses on port 443: networks and ports. */
import ipaddr from 'ipaddr.js';
import { printIpAddress } from '#domain/event/ip-address.ts';

export type AllowedTargets = {
  /** As CIDR, such as `10.0.0.0/8`. */
  networks: readonly string[];
  ports: readonly number[];
};

export const noTargets: AllowedTargets = { networks: [], ports: [] };

/** Each is compared with every address that a delivery connects to. */
export const maxListed = 64;

/** A list separated by commas; or its fault, as the end of a sentence that begins with its name. */
export const parseNetworks = (text: string): { networks: string[] } | { fault: string } => {
  const networks: string[] = [];
  for (const part of text.split(',').map(one => one.trim())) {
    const network = parseNetwork(part);
    if (typeof network === 'object') return network;
    if (!networks.includes(network)) networks.push(network);
  }
  if (networks.length > maxListed) return { fault: `has more than ${maxListed} networks; name larger ones` };
  return { networks };
};

const parseNetwork = (text: string): string | { fault: string } => {
  const [, address = '', bits] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const parsed = printIpAddress(address) === undefined ? undefined : ipaddr.parse(address);
  const size = parsed?.kind() === 'ipv4' ? 32 : 128;
  const length = bits === undefined ? size : Number(bits);
  if (!parsed || length > size)
    return { fault: `has "${text}"; expected networks or addresses, as in 10.0.0.0/8,192.168.1.7` };
  // An address that is mapped into IPv6 is judged as an IPv4 address, so such a network would hold none.
  if (parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress())
    return { fault: `has "${text}"; write IPv4 networks as IPv4, as in 10.0.0.0/8` };
  const kind = parsed.kind() === 'ipv4' ? ipaddr.IPv4 : ipaddr.IPv6;
  const base = kind.networkAddressFromCIDR(`${address}/${length}`).toString();
  if (base !== parsed.toString())
    return { fault: `has "${text}", whose network begins elsewhere; write ${base}/${length}` };
  return `${base}/${length}`;
};

export const isPort = (number: number): boolean =>
  Number.isInteger(number) && number >= 1 && number <= 65_535;

/** The same for ports. */
export const parsePorts = (text: string): { ports: number[] } | { fault: string } => {
  const ports: number[] = [];
  for (const part of text.split(',').map(one => one.trim())) {
    if (!/^\d{1,5}$/.test(part) || !isPort(Number(part)))
      return { fault: `has "${part}"; expected ports from 1 to 65535, as in 8088,8443` };
    if (!ports.includes(Number(part))) ports.push(Number(part));
  }
  if (ports.length > maxListed) return { fault: `has more than ${maxListed} ports; leave some out` };
  return { ports };
};

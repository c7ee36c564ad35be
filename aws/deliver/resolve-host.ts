/**
 * The addresses of a host, asked of the DNS servers of this machine. Node's `dns.lookup` has the C library ask, which
 * keeps one of the few threads that all work on files shares for as long as it waits: a handful of names whose servers
 * are silent would stop an embedded server, and with it the taking of events.
 * https://nodejs.org/api/dns.html#implementation-considerations
 */
import { Resolver } from 'node:dns/promises';

export type Address = { address: string; family: number };

/** `servers` as `setServers` of Node takes them; without them, those of the machine. */
export type ResolveOptions = { timeoutMs?: number; tries?: number; servers?: readonly string[] | undefined };

/**
 * All addresses of both families. If the servers do not say those of one, those of the other are all that is known,
 * and nothing else is connected to. Rejects if there is none, with what the servers said.
 */
export const resolveHost = async (
  host: string,
  { timeoutMs = 3_000, tries = 2, servers }: ResolveOptions = {},
): Promise<Address[]> => {
  // A new one each time, since it reads the servers of the machine when it is made.
  const resolver = new Resolver({ timeout: timeoutMs, tries });
  if (servers) resolver.setServers(servers);
  const [four, six] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
  const found = [
    ...(four.status === 'fulfilled' ? four.value.map(address => ({ address, family: 4 })) : []),
    ...(six.status === 'fulfilled' ? six.value.map(address => ({ address, family: 6 })) : []),
  ];
  if (found.length === 0 && four.status === 'rejected') throw four.reason;
  return found;
};

/** Whether a request certainly comes from this machine itself. */
import type { IncomingMessage } from 'node:http';
import { callerAddress } from '#domain/access/caller-address.ts';
import { isLoopback } from '#domain/loopback.ts';
import type { Site } from './site.ts';

type SeenRequest = Pick<IncomingMessage, 'headers'> & { socket: { remoteAddress?: string | undefined } };

/**
 * A proxy makes everybody look as if they were on its machine, so that a request with one of its headers does
 * not count; a server that has a proxy does not ask. Its `Host` must be the server's own too: a page in a
 * browser could otherwise read the answer under a name that leads here.
 */
export const isOwnMachine = ({ socket, headers }: SeenRequest, site: Pick<Site, 'recognize'>): boolean => {
  const seen = { peer: socket.remoteAddress, headers: headers as Record<string, string | undefined> };
  const address = callerAddress(seen, undefined, false);
  return address !== undefined && isLoopback(address) && site.recognize(headers) !== undefined;
};

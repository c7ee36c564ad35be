/** Posts events over a few connections, each with the next request as soon as it has its answer. */
import { Agent, type IncomingMessage, request } from 'node:http';
import type { Peer } from './peer.ts';

export const connections = 8;

export type Load = {
  /** The events of request number n. */
  eventsOf(n: number): object[];
  /** No request begins after this time. */
  seconds?: number;
  requests?: number;
};

export type Posted = { requests: number; events: number; seconds: number; latenciesMs: number[] };

/** Posts until the time is over or the requests are made; throws if one is not answered with 202. */
export const post = async (peer: Peer, load: Load): Promise<Posted> => {
  const { url, headers } = peer.target();
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const { eventsOf, seconds = Number.POSITIVE_INFINITY, requests = Number.POSITIVE_INFINITY } = load;
  const send = (body: Buffer): Promise<void> =>
    new Promise((resolve, reject) => {
      const sending = request(url, {
        agent,
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json', 'content-length': body.length },
      });
      sending.on('error', reject);
      sending.on('response', (response: IncomingMessage) => {
        response.on('error', reject);
        response.on('end', () =>
          response.statusCode === 202
            ? resolve()
            : reject(new Error(`${url} answered ${response.statusCode}; expected 202`)),
        );
        response.resume();
      });
      sending.end(body);
    });
  const latenciesMs: number[] = [];
  const startedAt = performance.now();
  let begun = 0;
  let events = 0;
  const client = async (): Promise<void> => {
    while (begun < requests && performance.now() - startedAt < seconds * 1000) {
      const sent = eventsOf(begun++);
      const body = Buffer.from(JSON.stringify(sent.length === 1 ? sent[0] : sent));
      const sentAt = performance.now();
      await send(body);
      latenciesMs.push(performance.now() - sentAt);
      events += sent.length;
    }
  };
  try {
    await Promise.all(Array.from({ length: connections }, client));
    return { requests: begun, events, seconds: (performance.now() - startedAt) / 1000, latenciesMs };
  } finally {
    agent.destroy();
  }
};

/**
 * What the functions say to the S3 server, and what it answers: a port of loopback that passes every request
 * on unchanged, notes it, and can do something before a request is passed on.
 */
import { request as send } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { type Loopback, listen } from '../loopback.ts';

/** A request with its condition, if it has one. `path` is decoded: `/bucket/key`. */
export type Exchange = {
  method: string;
  path: string;
  ifMatch: string | undefined;
  ifNoneMatch: string | undefined;
  status: number;
};

export type Traffic = Loopback & {
  /** Returns what was exchanged since it was last taken. */
  take(): Exchange[];
  /** Does this once, before the first request that it accepts is passed on. */
  before(accepts: (exchange: Omit<Exchange, 'status'>) => boolean, action: () => Promise<void>): void;
};

export const openTraffic = async (server: string): Promise<Traffic> => {
  const exchanges: Exchange[] = [];
  let waiting: { accepts: Parameters<Traffic['before']>[0]; action: () => Promise<void> } | undefined;
  const { hostname, port } = new URL(server);
  const listening = await listen(async (request, response) => {
    const { method = '', url = '', headers } = request;
    const exchange = {
      method,
      path: decodeURIComponent(new URL(url, server).pathname),
      ifMatch: headers['if-match'],
      ifNoneMatch: headers['if-none-match'],
    };
    if (waiting?.accepts(exchange)) {
      const { action } = waiting;
      waiting = undefined;
      await action();
    }
    // The signature covers the host to which it was sent, so the header stays.
    const passed = send({ hostname, port, method, path: url, headers });
    const answered = new Promise<void>((resolve, reject) => {
      passed.once('error', reject);
      passed.once('response', answer => {
        exchanges.push({ ...exchange, status: answer.statusCode! });
        response.writeHead(answer.statusCode!, answer.headers);
        pipeline(answer, response).then(resolve, reject);
      });
    });
    await Promise.all([pipeline(request, passed), answered]);
  });
  return {
    ...listening,
    take: () => exchanges.splice(0),
    before(accepts, action) {
      waiting = { accepts, action };
    },
  };
};

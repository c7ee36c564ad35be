/**
 * The server of an installation that has moved to AWS: with the keys of before it takes events, and forwards them. All
 * else answers that the installation has moved. It holds the data directory and changes nothing in its buckets.
 */
import { rm } from 'node:fs/promises';
import { healthProblem } from '#domain/health.ts';
import { routes } from '#domain/http/routes.ts';
import { openSecrets } from '#embedded/access/secrets.ts';
import { Closers } from '#embedded/closers.ts';
import { asDataDirectoryError, holdDataDirectory } from '#embedded/data-directory.ts';
import { writeDurably } from '#embedded/files.ts';
import { type Front, Gateway } from '#embedded/http/gateway.ts';
import type { GatewayRoute } from '#embedded/http/gateway-route.ts';
import { names } from '#embedded/options.ts';
import { EmbeddedS3 } from '#embedded/storage/s3.ts';
import { type Answer, json, problem } from '#functions/http/answer.ts';
import type { Log } from '#functions/runtime/log.ts';
import { createForwarder, type Forwarder, type Send } from './forward-event.ts';

export type ForwardingOptions = {
  data: string;
  host?: string;
  port?: number;
  front?: Front | undefined;
  /** The stack, as messages name it. */
  stack: string;
  send: Send;
  log: Log;
};

export type ForwardingServer = { url: string; stop(): Promise<void> };

export const startForwarding = async (options: ForwardingOptions): Promise<ForwardingServer> => {
  const { stack, log, front } = options;
  const data = await holdDataDirectory(options.data);
  const closers = new Closers();
  closers.push(() => data.release());
  try {
    const { keys } = await openSecrets(data, log);
    const forwarder = createForwarder(options.send, log);
    const gateway = new Gateway({
      keys,
      claimsOf: async () => undefined,
      routes: routes.map(({ key }) => routeOf(key, stack, forwarder)),
      s3: new EmbeddedS3(data.buckets, data.temporary, [names.results]),
      results: names.results,
      log,
      front,
    });
    const url = await gateway.listen(options.host ?? '127.0.0.1', options.port ?? 0);
    closers.push(() => gateway.stop());
    const served = { url, pid: process.pid, public_url: front?.publicUrl };
    await writeDurably(data.temporary, data.server, `${JSON.stringify(served)}\n`);
    closers.push(() => rm(data.server, { force: true }));
    gateway.isReady = true;
    return { url, stop: () => closers.close() };
  } catch (error) {
    await closers.close();
    throw asDataDirectoryError(error);
  }
};

const routeOf = (key: string, stack: string, forwarder: Forwarder): GatewayRoute => {
  if (key === 'POST /v1/events') return { key, access: 'emitter', handle: event => forwarder.forward(event) };
  const handle = async (): Promise<Answer> => (key === 'GET /healthz' ? healthOf(forwarder) : moved(stack));
  return { key, access: 'anyone', handle };
};

const moved = (stack: string): Answer =>
  problem('moved', `The installation has moved to the stack "${stack}"; use "annals --stack ${stack}"`);

/** Whether events are forwarded; the health of the log is the stack's to tell. */
const healthOf = ({ isFailing }: Forwarder): Answer => {
  const nothing = { complete_to: null, compacted_to: null };
  if (!isFailing) return json<'Health'>(200, { status: 'ok', ...nothing });
  const problems = [healthProblem('stream_broken', '; the stack does not take what is forwarded to it')];
  return json<'Health'>(503, { status: 'degraded', ...nothing, problems });
};

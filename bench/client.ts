/**
 * The client: what a call of `record()` costs the product, and how many events per second the client hands
 * over. The floor of the first is making the event's JSON; that of the second is posting the same bodies,
 * made before, by plain `fetch`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AuditLog, bearer } from '#client/index.ts';
import { benchEvent } from './events.ts';
import type { Figure, Heading } from './figure.ts';
import { compare, median } from './measure.ts';

export type ClientResult = {
  what: 'record' | 'record to a spool' | 'hand over' | 'hand over from a spool';
  eventsPerSecond: number;
  microsecondsPerEvent: number;
  floorMicrosecondsPerEvent: number;
  ratio: number;
};

const events = 20_000;
const batch = 500;

/** A service that reads each request and answers that it has stored it. */
const startService = async () => {
  const server = createServer((request, response) => {
    let lines = 1;
    request.on('data', (chunk: Buffer) => {
      for (let at = chunk.indexOf(0x0a); at >= 0; at = chunk.indexOf(0x0a, at + 1)) lines += 1;
    });
    request.on('end', () => {
      response.writeHead(202, { 'content-type': 'application/json' });
      const stored = Array.from({ length: lines }, (_, index) => ({ index }));
      response.end(JSON.stringify({ accepted: lines, events: stored, rejected: [] }));
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
};

export const clientHeading: Heading = {
  name: 'client',
  measures: 'microseconds of the product an event',
  floor:
    "of record: making the event's JSON; of handing over: posting the same bodies, made before, by fetch",
};
export const clientFigure = (result: ClientResult): Figure => ({
  what: result.what,
  value: result.microsecondsPerEvent,
  floor: result.floorMicrosecondsPerEvent,
  unit: 'µs an event',
  better: 'less',
  note: `${result.eventsPerSecond.toLocaleString('en-US')} events/s`,
});

export const benchClient = async (
  say: (text: string) => void,
  addResult: (result: ClientResult) => void,
): Promise<void> => {
  const { server, url } = await startService();
  const spool = await mkdtemp(join(tmpdir(), 'annals-bench-'));
  const recorded = Array.from({ length: events }, (_, n) => {
    const { id, occurred_at, ...event } = benchEvent(n);
    // As a service writes it: an object made in one piece.
    return JSON.parse(JSON.stringify(event)) as typeof event;
  });
  const fail = (): never => {
    throw new Error('An event was refused');
  };
  const open = (options: object = {}) =>
    new AuditLog({
      url,
      authorize: bearer('token'),
      onRefused: fail,
      onUnavailable: fail,
      maxBufferedBytes: 1 << 30,
      ...options,
    });
  const onDisk = { spool: { directory: spool, maxBytes: 1 << 30 } };
  const recordAll = (log: AuditLog): void => {
    for (const event of recorded) log.record(event as never);
  };
  const add = (what: ClientResult['what'], medianMs: number, floorMs: number): void =>
    addResult({
      what,
      eventsPerSecond: Math.round(events / (medianMs / 1000)),
      microsecondsPerEvent: (medianMs * 1000) / events,
      floorMicrosecondsPerEvent: (floorMs * 1000) / events,
      ratio: floorMs / medianMs,
    });
  const measure = async (
    what: ClientResult['what'],
    run: () => unknown,
    floor: () => unknown,
  ): Promise<void> => {
    say(`client: ${what}`);
    const { medianMs, floorMs } = await compare({ name: what, run }, { name: 'floor', run: floor }, 9);
    add(what, medianMs, floorMs);
  };
  const stringifyAll = (): void => {
    for (const event of recorded) JSON.stringify(event);
  };
  /** The calls alone: the events that they leave are sent in between. */
  const measureRecord = async (what: ClientResult['what'], options: object): Promise<void> => {
    say(`client: ${what}`);
    const times: [number[], number[]] = [[], []];
    for (let round = -2; round < 9; round++) {
      const log = open(options);
      for (const [at, work] of [() => recordAll(log), stringifyAll].entries()) {
        globalThis.gc?.();
        const start = performance.now();
        work();
        if (round >= 0) times[at]!.push(performance.now() - start);
      }
      await log.close({ timeoutMs: 60_000 });
    }
    add(what, median(times[0]), median(times[1]));
  };
  try {
    await measureRecord('record', {});
    await measureRecord('record to a spool', onDisk);

    const lines = recorded.map((event, n) =>
      JSON.stringify({ ...event, id: benchEvent(n).id, occurred_at: '2026-11-25T00:00:00.000000000Z' }),
    );
    const bodies = Array.from({ length: events / batch }, (_, n) =>
      Buffer.from(lines.slice(n * batch, (n + 1) * batch).join('\n')),
    );
    const postAll = async (): Promise<void> => {
      for (const body of bodies) {
        const headers = { 'content-type': 'application/x-ndjson', authorization: 'Bearer token' };
        const response = await fetch(`${url}/v1/events`, { method: 'POST', body, headers });
        await response.text();
      }
    };
    for (const [what, options] of [
      ['hand over', {}],
      ['hand over from a spool', onDisk],
    ] as const)
      await measure(
        what,
        async () => {
          const log = open(options);
          recordAll(log);
          await log.flush();
          await log.close();
        },
        postAll,
      );
  } finally {
    server.closeAllConnections();
    server.close();
    await rm(spool, { recursive: true, force: true });
  }
};

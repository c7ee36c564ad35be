/**
 * receive, on one core: events per second in batches of 1, 25 and 500, with a stream that takes packs at no
 * cost. The floor is `JSON.parse` of the body, `JSON.stringify` of each event and, since receive gzips its
 * packs, gzip of that text at the same level.
 */
import { gzipSync } from 'node:zlib';
import { v7 } from 'uuid';
import { Stream } from '#aws/stream.ts';
import { installedCatalogue } from '#catalogue/bundled.ts';
import { packGzipLevel } from '#domain/archive/pack.ts';
import { receiverClock } from '#domain/receive/receiver-clock.ts';
import type { ReceiveEvent } from '#functions/http/delivery.ts';
import { receive } from '#functions/receive.ts';
import { benchEvent } from './events.ts';
import type { Figure, Heading } from './figure.ts';
import { compare } from './measure.ts';

type Records = { input: { Records: { Data: Uint8Array }[] } };

export type ReceiveResult = {
  batch: number;
  body: 'compact' | 'pretty';
  bytesPerEvent: number;
  /** What Kinesis bills: each record rounded up to a KiB. */
  billedBytesPerEvent: number;
  isGzipped: boolean;
  eventsPerSecond: number;
  floorEventsPerSecond: number;
  ratio: number;
};

export const receiveHeading: Heading = {
  name: 'receive',
  measures: 'events a second on one core, the stream taking packs at no cost',
  floor: 'JSON.parse of the body, JSON.stringify of each event, and gzip of that if receive gzips',
};
/** By the number of events in a request, for compact bodies, which clients send. */
const aims: Record<number, number> = { 1: 0.4, 25: 0.6, 500: 0.6 };
export const receiveFigure = ({ batch, body, ...result }: ReceiveResult): Figure => ({
  what: `${batch} in a request, ${body}`,
  value: result.eventsPerSecond,
  floor: result.floorEventsPerSecond,
  unit: 'events/s',
  better: 'more',
  ...(body === 'compact' ? { aim: aims[batch]! } : {}),
  note: `${result.billedBytesPerEvent.toLocaleString('en-US')} billed bytes an event`,
});

export const benchReceive = async (
  say: (text: string) => void,
  add: (result: ReceiveResult) => void,
): Promise<void> => {
  let isGzipped = false;
  let billedBytes = 0;
  const send = async ({ input }: Records) => {
    isGzipped = input.Records[0]!.Data[0] === 0x1f;
    for (const { Data } of input.Records) billedBytes += Math.ceil(Data.length / 1024) * 1024;
    return { Records: input.Records.map(() => ({ SequenceNumber: '1', ShardId: 's' })) };
  };
  const handle = receive({
    stream: new Stream(
      { send: send as never },
      { streamName: 's', buckets: 32, deadlineMs: 0, backoff: undefined as never, nowMs: Date.now },
    ),
    buckets: 32,
    catalogue: installedCatalogue,
    strictness: { isStrict: false, isPayloadStrict: false },
    nowMs: Date.now,
    clock: receiverClock(Date.now, () => performance.now()),
    newId: v7,
    log: () => undefined,
    metrics: () => undefined,
  });
  const context = { invokedFunctionArn: 'arn:aws:lambda:local:1:function:receive', awsRequestId: 'r' };
  for (const body of ['compact', 'pretty'] as const) {
    for (const batch of [1, 25, 500]) {
      say(`receive, ${body} bodies of ${batch}`);
      const requests = Math.max(4, Math.round(20_000 / batch));
      const bodies = Array.from({ length: requests }, (_, r) => {
        const events = Array.from({ length: batch }, (_, i) => benchEvent(r * batch + i));
        return JSON.stringify(batch === 1 ? events[0] : events, null, body === 'pretty' ? 2 : undefined);
      });
      const requestOf = (text: string): ReceiveEvent => ({
        headers: { 'content-type': 'application/json' },
        body: text,
        isBase64Encoded: false,
        requestContext: {
          requestId: 'r-1',
          http: { sourceIp: '192.0.2.1' },
          authorizer: { iam: { userArn: 'arn:aws:sts::1:assumed-role/shop/s' } },
        },
      });
      const run = async () => {
        for (const text of bodies) {
          const { statusCode } = await handle(requestOf(text), context);
          if (statusCode !== 202) throw new Error(`receive answered ${statusCode}`);
        }
      };
      billedBytes = 0;
      await run();
      const billedBytesPerEvent = Math.round(billedBytes / (requests * batch));
      const floor = () => {
        for (const text of bodies) {
          const parsed = JSON.parse(text) as unknown;
          const lines = (Array.isArray(parsed) ? parsed : [parsed]).map(event => JSON.stringify(event));
          if (isGzipped) gzipSync(`${lines.join('\n')}\n`, { level: packGzipLevel });
        }
      };
      const events = requests * batch;
      const { medianMs, floorMs, ratio } = await compare(
        { name: 'receive', run },
        { name: 'floor', run: floor },
        9,
      );
      const bytesPerEvent = Math.round(bodies.reduce((sum, text) => sum + text.length, 0) / events);
      add({
        batch,
        body,
        bytesPerEvent,
        billedBytesPerEvent,
        isGzipped,
        eventsPerSecond: Math.round(events / (medianMs / 1000)),
        floorEventsPerSecond: Math.round(events / (floorMs / 1000)),
        ratio,
      });
    }
  }
};

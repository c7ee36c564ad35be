import { describe, expect, it } from 'vitest';
import { installedCatalogue } from '#catalogue/bundled.ts';
import { encodeMetrics, type MetricValues } from '#domain/metrics.ts';
import { receiverClock } from '#domain/receive/receiver-clock.ts';
import { type ReceiveWorld, receive } from '#functions/receive.ts';
import { gatherMetrics, type Metrics, writeFirst } from '#functions/runtime/metrics.ts';
import { anId, eventText } from '#test/support/builders.ts';

const zero = () => 0;
/** receive as an instance runs it, over a stream that answers as `put` does. */
const openReceive = (metrics: Metrics, put: ReceiveWorld['stream']['put']) => {
  const handle = receive({
    stream: { put } as ReceiveWorld['stream'],
    buckets: 32,
    catalogue: installedCatalogue,
    strictness: { isStrict: false, isPayloadStrict: false },
    nowMs: Date.now,
    clock: receiverClock(Date.now, zero),
    newId: () => anId,
    log: () => undefined,
    metrics,
  });
  return (body: string) =>
    handle({ body }, { invokedFunctionArn: 'arn:aws:lambda:::function:f:direct', awsRequestId: 'r' });
};
const taken: ReceiveWorld['stream']['put'] = async packs => ({
  positions: packs.map(() => ({ shard: 's', sequence: '1' })),
  reason: undefined,
});
const refused: ReceiveWorld['stream']['put'] = async packs => ({
  positions: packs.map(() => undefined),
  reason: 'ProvisionedThroughputExceededException',
});

describe('metrics', () => {
  it('are a line of the embedded metric format', () => {
    expect(JSON.parse(encodeMetrics('prod', { FilingLag: 3, OpenGaps: 0 }, 17))).toEqual({
      _aws: {
        Timestamp: 17,
        CloudWatchMetrics: [
          {
            Namespace: 'Annals',
            Dimensions: [['Installation']],
            Metrics: [
              { Name: 'FilingLag', Unit: 'Seconds' },
              { Name: 'OpenGaps', Unit: 'Count' },
            ],
          },
        ],
      },
      Installation: 'prod',
      FilingLag: 3,
      OpenGaps: 0,
    });
  });

  it('that are gathered are written once a minute, and lose nothing between', () => {
    const written: MetricValues[] = [];
    let ms = 0;
    const metrics = gatherMetrics(
      values => void written.push(values),
      60_000,
      ['NotStoredEvents'],
      () => ms,
    );
    for (ms of [0, 1, 30_000, 59_999, 60_000, 61_000]) metrics({ AcceptedEvents: 2 });
    expect(written).toEqual([{ AcceptedEvents: 2 }, { AcceptedEvents: 8 }]);
    metrics({ NotStoredEvents: 1 });
    expect(written[2]).toEqual({ AcceptedEvents: 2, NotStoredEvents: 1 });
  });
  it('that are gathered are kept by a write that fails, and by a clock that is set back', () => {
    const written: MetricValues[] = [];
    let ms = 1e9;
    let isBroken = true;
    const metrics = gatherMetrics(
      values => {
        if (isBroken) throw new Error('EPIPE');
        written.push(values);
      },
      60_000,
      [],
      () => ms,
    );
    expect(() => metrics({ AcceptedEvents: 1 })).toThrow('EPIPE');
    isBroken = false;
    metrics({ AcceptedEvents: 2 });
    ms -= 1e8;
    metrics({ AcceptedEvents: 4 });
    expect(written).toEqual([{ AcceptedEvents: 3 }, { AcceptedEvents: 4 }]);
  });

  it('of the first requests of an instance are written at once, each of them', () => {
    const written: MetricValues[] = [];
    const write: Metrics = values => void written.push(values);
    const metrics = writeFirst(2, write, gatherMetrics(write, 60_000, [], zero));
    for (const AcceptedEvents of [1, 2, 3, 4]) metrics({ AcceptedEvents });
    expect(written).toEqual([{ AcceptedEvents: 1 }, { AcceptedEvents: 2 }, { AcceptedEvents: 3 }]);
  });
});

describe('the counts of receive', () => {
  it('are in the very first line of an instance, accepted and refused together', async () => {
    const written: MetricValues[] = [];
    const send = openReceive(
      gatherMetrics(values => void written.push(values), 60_000, [], zero),
      taken,
    );
    await send(`[${eventText()},{}]`);
    expect(written).toEqual([
      { AcceptedEvents: 1, RejectedEvents: 1, UncataloguedEvents: 0, MismatchedPayloads: 0 },
    ]);
  });

  it.each([0, 59_999, 60_000, 3_600_000])(
    'of requests that come every %i ms add up to what was sent',
    async everyMs => {
      const written: MetricValues[] = [];
      let ms = 0;
      const send = openReceive(
        gatherMetrics(
          values => void written.push(values),
          60_000,
          ['NotStoredEvents'],
          () => ms,
        ),
        taken,
      );
      for (let n = 0; n < 5; n++) {
        await send(eventText());
        ms += everyMs;
      }
      ms += 60_000;
      await send('[{},{}]');
      const sum = (name: keyof MetricValues) => written.reduce((sum, line) => sum + (line[name] ?? 0), 0);
      expect([sum('AcceptedEvents'), sum('RejectedEvents')]).toEqual([5, 2]);
    },
  );

  it('list events that the stream did not take apart from accepted ones', async () => {
    const counted: MetricValues[] = [];
    const send = openReceive(values => void counted.push(values), refused);
    await send(`[${eventText()},${eventText({ action: 'order.refund' })},{}]`);
    expect(counted).toEqual([
      {
        AcceptedEvents: 0,
        RejectedEvents: 1,
        UncataloguedEvents: 0,
        MismatchedPayloads: 0,
        NotStoredEvents: 2,
      },
    ]);
  });

  it('are kept if the stream cannot be asked at all', async () => {
    const counted: MetricValues[] = [];
    const send = openReceive(
      values => void counted.push(values),
      () => Promise.reject(new Error('broken')),
    );
    await expect(send(`[${eventText()},{}]`)).rejects.toThrow('broken');
    expect(counted).toEqual([
      {
        AcceptedEvents: 0,
        RejectedEvents: 1,
        UncataloguedEvents: 0,
        MismatchedPayloads: 0,
        NotStoredEvents: 1,
      },
    ]);
  });
});

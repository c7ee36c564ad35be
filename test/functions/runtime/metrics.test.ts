import { describe, expect, it } from 'vitest';
import { installedCatalogue } from '#catalogue/bundled.ts';
import { encodeMetrics, type MetricValues } from '#domain/metrics.ts';
import { receiverClock } from '#domain/receive/receiver-clock.ts';
import { type ReceiveWorld, receive } from '#functions/receive.ts';
import { gatherMetrics, type Metrics, type Pace } from '#functions/runtime/metrics.ts';
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

  const pace: Pace = { burst: 3, everyMs: 1000, urgent: ['NotStoredEvents'] };
  /** Counts two accepted events at each time, and returns the lines. */
  const linesAt = (times: readonly number[], startMs = times[0]!): MetricValues[] => {
    const written: MetricValues[] = [];
    let ms = startMs;
    const metrics = gatherMetrics(
      values => void written.push(values),
      pace,
      () => ms,
    );
    for (ms of times) metrics({ AcceptedEvents: 2 });
    return written;
  };
  const sumOf = (lines: MetricValues[]): number =>
    lines.reduce((sum, { AcceptedEvents = 0 }) => sum + AcceptedEvents, 0);

  it('are written at once, a line for each request, until the burst is used', () => {
    expect(linesAt([0, 1, 2])).toEqual([{ AcceptedEvents: 2 }, { AcceptedEvents: 2 }, { AcceptedEvents: 2 }]);
  });

  it('of a busy instance are a line a second, which has all that came since the last', () => {
    const times = Array.from({ length: 10_000 }, (_, n) => n);
    const lines = linesAt(times);
    expect(lines).toHaveLength(3 + 9);
    expect(sumOf(lines)).toBe(2 * 9001);
  });

  it.each([
    ['every second', 1000],
    ['every minute', 60_000],
  ])('of requests that come %s are all written when the last has been answered', (_, everyMs) => {
    expect(sumOf(linesAt(Array.from({ length: 100 }, (_, n) => n * everyMs)))).toBe(200);
  });

  it('may be a burst again after a pause, and no longer one', () => {
    const burst = [0, 0, 0, 0, 0];
    expect(linesAt([...burst, ...burst.map(() => 3_600_000)])).toHaveLength(6);
  });

  it('that are urgent are written at once, with what waits', () => {
    const written: MetricValues[] = [];
    const metrics = gatherMetrics(values => void written.push(values), { ...pace, burst: 0 }, zero);
    metrics({ AcceptedEvents: 2 });
    metrics({ NotStoredEvents: 1 });
    metrics({ AcceptedEvents: 2 });
    expect(written).toEqual([{ AcceptedEvents: 2, NotStoredEvents: 1 }]);
  });

  it('are kept by a write that fails', () => {
    const written: MetricValues[] = [];
    let isBroken = true;
    const write: Metrics = values => {
      if (isBroken) throw new Error('EPIPE');
      written.push(values);
    };
    const metrics = gatherMetrics(write, { ...pace, burst: 1 }, zero);
    expect(() => metrics({ AcceptedEvents: 1 })).toThrow('EPIPE');
    isBroken = false;
    metrics({ AcceptedEvents: 2 });
    expect(written).toEqual([{ AcceptedEvents: 3 }]);
  });

  it('do not wait for a clock that was set back', () => {
    const lines = linesAt([1e9, 1e9, 1e9, 1e9, 0, 1]);
    expect(sumOf(lines)).toBe(10);
  });
});

describe('the counts of receive', () => {
  it('are in the very first line of an instance, accepted and refused together', async () => {
    const written: MetricValues[] = [];
    const send = openReceive(
      gatherMetrics(values => void written.push(values), { burst: 1, everyMs: 1000, urgent: [] }, zero),
      taken,
    );
    await send(`[${eventText()},{}]`);
    expect(written).toEqual([
      { AcceptedEvents: 1, RejectedEvents: 1, UncataloguedEvents: 0, MismatchedPayloads: 0 },
    ]);
  });

  it.each([0, 999, 1000, 60_000])(
    'of requests that come every %i ms add up to what was sent',
    async everyMs => {
      const written: MetricValues[] = [];
      let ms = 0;
      const pace: Pace = { burst: 1, everyMs: 1000, urgent: [] };
      const send = openReceive(
        gatherMetrics(
          values => void written.push(values),
          pace,
          () => ms,
        ),
        taken,
      );
      for (let n = 0; n < 5; n++) {
        await send(eventText());
        ms += everyMs;
      }
      ms += 1000;
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

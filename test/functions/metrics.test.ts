import { describe, expect, it } from 'vitest';
import { encodeMetrics, type MetricValues } from '#domain/metrics.ts';
import { gatherMetrics } from '#functions/metrics.ts';

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
});

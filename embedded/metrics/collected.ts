/**
 * What the stages count while the process runs, where CloudWatch collects it on AWS: counts are added up from
 * the start of the process, measurements are kept as they were last. By it /healthz also knows when a stage
 * has last done something.
 */
import type { MetricName, MetricValues } from '#domain/metrics.ts';
import type { Metrics } from '#functions/runtime/metrics.ts';
import { isCounter } from './families.ts';

/** The stages that run on a schedule, and so must not stand still. */
export type Stage = 'tick' | 'compact';

export class Collected {
  readonly #values = new Map<MetricName, number>();
  readonly #aliveMs = new Map<Stage, number>();
  readonly #nowMs: () => number;

  /** `nowMs` is of a clock that never jumps. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  readonly count: Metrics = values => {
    for (const [name, value] of Object.entries(values) as [MetricName, number][])
      this.#values.set(name, isCounter(name) ? (this.#values.get(name) ?? 0) + value : value);
  };

  /** The same, of a stage: what it counts shows that it goes on. */
  of(stage: Stage): Metrics {
    this.#aliveMs.set(stage, this.#nowMs());
    return values => {
      this.#aliveMs.set(stage, this.#nowMs());
      this.count(values);
    };
  }

  get values(): MetricValues {
    return Object.fromEntries(this.#values);
  }

  /** How long ago a stage has last counted something, or was begun; undefined if it was not begun. */
  silentMs(stage: Stage): number | undefined {
    const aliveMs = this.#aliveMs.get(stage);
    return aliveMs === undefined ? undefined : this.#nowMs() - aliveMs;
  }
}

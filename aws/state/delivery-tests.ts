/** When the destinations of a scope were tested: a test button must not become a scanner of ports. */
import type { Objects } from '#aws/objects.ts';
import { deliveryTestsKey } from '#domain/deliver/layout.ts';
import { decodeRecord, encodeRecord, isUnreadable, type RecordKind } from './record.ts';

const maxTests = 5;
const withinMs = 3_600_000;

const testsRecord: RecordKind<{ times: number[] }> = {
  isWhole: ({ times }) => Array.isArray(times) && times.every(Number.isFinite),
  cure: 'The next test writes it again',
};

export class DeliveryTests {
  readonly #state: Objects;
  readonly #nowMs: () => number;
  constructor(state: Objects, nowMs: () => number) {
    this.#state = state;
    this.#nowMs = nowMs;
  }

  /** Counts a test of a scope: 0 if it may be made, else after how many milliseconds the next may. */
  async take(scopeId: string): Promise<number> {
    const key = deliveryTestsKey(scopeId);
    for (;;) {
      const stored = await this.#state.get(key);
      const record = stored && decodeRecord(stored, testsRecord);
      const nowMs = this.#nowMs();
      const known = record === undefined || isUnreadable(record) ? [] : record.times;
      const recent = known.filter(ms => ms > nowMs - withinMs && ms <= nowMs);
      if (recent.length >= maxTests) return Math.min(...recent) + withinMs - nowMs;
      const times = [...recent, nowMs];
      if (await this.#state.replace(key, encodeRecord({ times }), stored?.etag)) return 0;
    }
  }
}

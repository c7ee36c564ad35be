/**
 * Whether there is room for more refused items. The used bytes are tick's last count plus what this process
 * has sent since. The count is read again every few seconds at most, and only if something is refused.
 */

import type { Objects } from '#aws/objects.ts';
import { refusedUsageKey } from '#domain/refused/layout.ts';
import { maxSenderBytes, type RefusedUsage } from '#domain/refused/usage.ts';
import { dateOf, instantOfMilliseconds } from '#domain/time.ts';
import { decodeRecord, encodeRecord, isUnreadable, type RecordKind } from './record.ts';

const usageRecord: RecordKind<RefusedUsage> = {
  isWhole: ({ bytes, of_day }) => Number.isFinite(bytes) && typeof of_day?.senders === 'object',
  cure: 'Delete it: it is counted again within a minute',
};

/** The count; undefined if it is absent or damaged. */
export const readUsage = async (state: Objects): Promise<RefusedUsage | undefined> => {
  const stored = await state.get(refusedUsageKey);
  const usage = stored && decodeRecord(stored, usageRecord);
  return isUnreadable(usage) ? undefined : usage;
};

/** Stores a count; of two concurrent counts either will do. */
export const writeUsage = async (state: Objects, usage: RefusedUsage): Promise<void> => {
  const etag = (await state.get(refusedUsageKey))?.etag;
  await state.replace(refusedUsageKey, encodeRecord(usage), etag);
};

const readAfterMs = 5000;
/** Bytes sent this long before a count may not have been filed by then, so they are added to it. */
const countedLateMs = 5 * 60_000;

export type BudgetOptions = {
  state: Objects;
  /** Of all items together. */
  maxBytes: number;
  /** Whether the place aside has room beyond what events need. */
  hasReserve?: (() => Promise<boolean>) | undefined;
  nowMs(): number;
};

type Sent = { atMs: number; day: string; sender: string; bytes: number };

export class RefusedBudget {
  readonly #options: BudgetOptions;
  #usage: RefusedUsage | undefined;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #hasReserve = true;
  #sent: Sent[] = [];

  constructor(options: BudgetOptions) {
    this.#options = options;
  }

  /** For each item, in order, whether there is room for it after those before it. */
  async admit(sender: string, sizes: readonly number[]): Promise<boolean[]> {
    await this.#look();
    if (!this.#hasReserve) return sizes.map(() => false);
    const day = dateOf(instantOfMilliseconds(this.#options.nowMs()));
    let all = this.#usage?.bytes ?? 0;
    let own = this.#usage?.of_day.day === day ? (this.#usage.of_day.senders[sender] ?? 0) : 0;
    for (const sent of this.#sent) {
      all += sent.bytes;
      if (sent.sender === sender && sent.day === day) own += sent.bytes;
    }
    return sizes.map(bytes => {
      if (all + bytes > this.#options.maxBytes || own + bytes > maxSenderBytes) return false;
      all += bytes;
      own += bytes;
      return true;
    });
  }

  /** Counts bytes that the stream has taken. */
  add(sender: string, bytes: number): void {
    const atMs = this.#options.nowMs();
    const day = dateOf(instantOfMilliseconds(atMs));
    const last = this.#sent.at(-1);
    if (last && last.sender === sender && last.day === day && atMs - last.atMs < readAfterMs)
      last.bytes += bytes;
    else this.#sent.push({ atMs, day, sender, bytes });
  }

  async #look(): Promise<void> {
    const now = this.#options.nowMs();
    if (Math.abs(now - this.#readAtMs) < readAfterMs) return;
    this.#readAtMs = now;
    // If it is unknown, events come first.
    this.#hasReserve = (await this.#options.hasReserve?.().catch(() => false)) ?? true;
    // Without a count (on AWS a 403, since receive may not list), only what this process has sent is known.
    this.#usage = await readUsage(this.#options.state).catch(() => this.#usage);
    const counted = this.#usage === undefined ? undefined : Date.parse(this.#usage.counted_at);
    const since = counted === undefined ? now - 24 * 3_600_000 : counted - countedLateMs;
    this.#sent = this.#sent.filter(({ atMs }) => atMs >= since);
  }
}

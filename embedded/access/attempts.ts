/**
 * Counts wrong login links by address. Nobody guesses 256 bits, so this protects no link; it keeps guessing
 * cheap for the server and visible in its log. A right link is never refused because of wrong ones, so that
 * nobody can lock anybody out.
 */
const windowMs = 60_000;
const maxInWindow = 10;
const maxAddresses = 1000;

type Count = { wrong: number; endsMs: number };

export class Attempts {
  readonly #nowMs: () => number;
  /** The address that began its window first is first. */
  readonly #counts = new Map<string, Count>();
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /**
   * Counts a wrong link. Zero while the address has not sent too many within a minute, else for how many
   * seconds it has; `isFirst` for the first that is too many.
   */
  count(address: string): { seconds: number; isFirst: boolean } {
    const now = this.#nowMs();
    const known = this.#counts.get(address);
    const count = known && now < known.endsMs ? known : { wrong: 0, endsMs: now + windowMs };
    if (count !== known) this.#counts.delete(address);
    count.wrong += 1;
    this.#counts.set(address, count);
    const [oldest] = this.#counts.keys();
    if (this.#counts.size > maxAddresses) this.#counts.delete(oldest!);
    const isTooMany = count.wrong > maxInWindow;
    return {
      seconds: isTooMany ? Math.ceil((count.endsMs - now) / 1000) : 0,
      isFirst: count.wrong === maxInWindow + 1,
    };
  }
}

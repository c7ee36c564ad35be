/**
 * What has come since a log was loaded, in the tab that asks and in those that hear of it. A tab that hears of an
 * answer takes it only if it has everything before; otherwise it asks once itself. So nothing is lost and nothing
 * counted twice, whichever tab asks.
 */
import { keepNewest } from './live.ts';
import type { Answer, Row } from './rows.ts';

/** What a tab tells the others: that the log is known from `since` up to `completeTo`. */
export type Told = {
  since: string | null;
  completeTo: string | null;
  /** Undefined if it took several answers. */
  answer: Answer | undefined;
};

/** All that came so far, how far it goes, and the cursor of what comes after it. */
export type Came = { rows: readonly Row[]; completeTo: string | null; newer: string; come: number };

type FeedOptions = {
  /** The cursor of what is newer than the rows that were loaded, and how far those go. */
  newer: string;
  completeTo: string | null;
  search(cursor: string, signal: AbortSignal): Promise<Answer>;
  tell(told: Told): void;
  /** `come` is how many are new. */
  onCame(came: Came): void;
};

const isAfter = (a: string | null, b: string | null): boolean => (a ?? '') > (b ?? '');

export class LiveFeed {
  readonly #options: FeedOptions;
  #cursor: string;
  #completeTo: string | null;
  #rows: readonly Row[] = [];
  #isWithinWalk = false;
  #hearing: Promise<void> = Promise.resolve();

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#cursor = options.newer;
    this.#completeTo = options.completeTo;
  }

  /** Asks once, and tells the others. How many came; infinity if more of the same moment waits. */
  async ask(signal: AbortSignal): Promise<number> {
    const since = this.#completeTo;
    const answer = await this.#options.search(this.#cursor, signal);
    this.#cursor = answer.cursor ?? answer.newer ?? this.#cursor;
    const isWhole = answer.cursor === null;
    const come = this.#take(answer, isWhole);
    if (isWhole)
      this.#options.tell({
        since,
        completeTo: answer.complete_to,
        answer: this.#isWithinWalk ? undefined : answer,
      });
    this.#isWithinWalk = !isWhole;
    return isWhole ? come : Number.POSITIVE_INFINITY;
  }

  /** One answer after the other, as they were told. */
  hear(told: Told, signal: AbortSignal): Promise<void> {
    this.#hearing = this.#hearing.then(async () => {
      if (!isAfter(told.completeTo, this.#completeTo)) return;
      if (told.answer && !isAfter(told.since, this.#completeTo)) this.#take(told.answer, true);
      else while ((await this.ask(signal)) === Number.POSITIVE_INFINITY);
    });
    const heard = this.#hearing;
    // The next answer may be taken although this one was not.
    this.#hearing = heard.catch(() => {});
    return heard;
  }

  #take(answer: Answer, isWhole: boolean): number {
    const known = new Set(this.#rows.map(({ key }) => key));
    const come = answer.rows.filter(({ key }) => !known.has(key)).length;
    this.#rows = keepNewest(this.#rows, answer.rows);
    if (isWhole && isAfter(answer.complete_to, this.#completeTo)) this.#completeTo = answer.complete_to;
    this.#options.onCame({ rows: this.#rows, completeTo: this.#completeTo, newer: this.#cursor, come });
    return come;
  }
}

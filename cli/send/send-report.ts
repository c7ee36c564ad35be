/** The report of `annals send`: counts by code with the first lines of each, and the first refusals in full. */
import { count, type Row, renderTable } from '#cli/table.ts';
import { paint } from '#cli/terminal.ts';
import type { WarningCode } from '#domain/event/warning.ts';
import type { AcceptedLine } from './post-events.ts';

/** `event` counts the events of a JSON document; a line may contain several. */
export type Place = { line: number; event?: number };
export type RefusedLine = Place & { code: string; path: string; message: string };

type Tally = { events: number; first: Place[] };

const shownRefusals = 20;
const shownWarnings = 20;
const shownPlaces = 6;
/** Bounds the memory for a file of refused events. */
const maxListed = 10_000;
const maxFirst = 100;

/** The warning of an event that only the operator can see. */
const withoutScope: WarningCode = 'no_scope';

export class SendReport {
  accepted = 0;
  refused = 0;
  warningsLeftOut = 0;
  #uncatalogued = 0;
  #withoutScope = 0;
  readonly #listed: RefusedLine[] = [];
  readonly #refusals = new Map<string, Tally>();
  readonly #warnings = new Map<string, Tally & { message: string }>();

  accept(place: Place, { catalogued, warnings = [] }: AcceptedLine): void {
    this.accepted++;
    if (catalogued === false) this.#uncatalogued++;
    if (warnings.some(({ code }) => code === withoutScope)) this.#withoutScope++;
    for (const { code, message } of warnings) {
      const tally = this.#warnings.get(code) ?? { events: 0, first: [], message };
      this.#warnings.set(code, tally);
      add(tally, place);
    }
  }

  refuse(refusal: RefusedLine): void {
    this.refused++;
    const tally = this.#refusals.get(refusal.code) ?? { events: 0, first: [] };
    this.#refusals.set(refusal.code, tally);
    add(tally, refusal);
    if (this.#listed.length < maxListed) this.#listed.push(refusal);
  }

  /** For programs; members that would be empty are left out, except `accepted` and `refused`. */
  json(): Record<string, unknown> {
    const byCode = (tallies: ReadonlyMap<string, Tally>) =>
      Object.fromEntries(
        [...tallies].map(([code, { events, first }]) => [
          code,
          { events, lines: first.map(({ line }) => line) },
        ]),
      );
    const leftOut = this.refused - this.#listed.length;
    return {
      accepted: this.accepted,
      refused: this.#listed,
      ...(leftOut > 0 ? { refused_left_out: leftOut } : {}),
      ...(this.refused > 0 ? { refusals: byCode(this.#refusals) } : {}),
      ...(this.#warnings.size > 0 ? { warnings: byCode(this.#warnings) } : {}),
      ...(this.warningsLeftOut > 0 ? { warnings_left_out: this.warningsLeftOut } : {}),
      ...(this.#withoutScope > 0 ? { without_scope: this.#withoutScope } : {}),
      ...(this.#uncatalogued > 0 ? { uncatalogued: this.#uncatalogued } : {}),
    };
  }

  /** For people. */
  text(): string {
    const { accepted, refused } = this;
    const lines = [`${paint('green', `${accepted} accepted`)}, ${refused} refused`];
    if (this.#uncatalogued > 0)
      lines.push(
        `${count(this.#uncatalogued, 'event')} with actions that are not catalogued;` +
          ' add them with "annals catalogue add"',
      );
    if (this.#withoutScope > 0) {
      const see = `no customer sees ${this.#withoutScope === 1 ? 'it' : 'them'}`;
      const warning = `${count(this.#withoutScope, 'event')} without a scope: ${see}; add "scope"`;
      lines.push(paint('yellow', warning));
    }
    if (this.#warnings.size > 0) {
      const rows = [...this.#warnings]
        .slice(0, shownWarnings)
        .map(([code, { message, ...tally }]) => ({ warning: code, ...rowOf(tally), meaning: message }));
      lines.push('', renderTable(rows, { prose: ['lines', 'which', 'meaning'] }));
    }
    if (this.warningsLeftOut > 0)
      lines.push(`… and ${count(this.warningsLeftOut, 'warning')} more, which the responses left out`);
    if (this.#refusals.size > 0) {
      const rows = [...this.#refusals].map(([code, tally]) => ({ refusal: code, ...rowOf(tally) }));
      const hasEvents = this.#listed.some(({ event }) => event !== undefined);
      const listed = this.#listed.slice(0, shownRefusals).map(
        ({ line, event, code, path, message }): Row => ({
          ...(hasEvents ? { event: event ?? '' } : {}),
          line,
          code,
          path,
          message,
        }),
      );
      lines.push(
        '',
        renderTable(rows, { prose: ['lines', 'which'] }),
        '',
        renderTable(listed, { prose: ['message'] }),
      );
    }
    if (refused > shownRefusals) lines.push(`… and ${refused - shownRefusals} more; use --json to list them`);
    return lines.join('\n');
  }
}

const add = (tally: Tally, { line, event }: Place): void => {
  tally.events++;
  if (tally.first.length < maxFirst) tally.first.push({ line, ...(event === undefined ? {} : { event }) });
};

const rowOf = ({ events, first }: Tally) => ({
  events,
  [first[0]?.event === undefined ? 'lines' : 'which']: `${first
    .slice(0, shownPlaces)
    .map(({ line, event }) => event ?? line)
    .join(', ')}${events > shownPlaces ? ', …' : ''}`,
});

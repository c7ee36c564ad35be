/** An event as a line of a table of at most 100 columns, and as a line of what is followed. */
import { pad, type Row, shorten, showTime } from '#cli/table.ts';
import { visible } from '#cli/terminal.ts';
import type { Api } from '#domain/http/shapes/shapes.ts';

type Shown = Pick<Api<'Event'>, 'action' | 'actor' | 'target' | 'occurred_at' | 'success'>;

/** The id of an actor or a target; the whole text if it has none that can be read. */
const idOf = (party: unknown): string => {
  const { id } = (typeof party === 'object' && party !== null ? party : {}) as { id?: unknown };
  return typeof id === 'string' ? id : typeof party === 'string' ? party : JSON.stringify(party);
};

/** `text` is the JSON of an event. */
export const eventRow = (text: string): Row => {
  const { action, actor, target, occurred_at, success } = JSON.parse(text) as Shown;
  return {
    'occurred (UTC)': showTime(occurred_at),
    action,
    actor: idOf(actor),
    target: idOf(target),
    outcome: success ? 'ok' : 'failed',
  };
};

/** Of each column; with two spaces between them, 97 columns. */
const widths = [19, 26, 19, 19, 6];

/** The line of an event: its columns are as wide as those of every other. */
export const eventLine = (text: string): string =>
  Object.values(eventRow(text))
    .map((cell, at) => pad(shorten(visible(String(cell)), widths[at]!), widths[at]!))
    .join('  ')
    .trimEnd();

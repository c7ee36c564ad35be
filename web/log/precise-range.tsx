/** A precise range, by local times of the zone that is shown: it asks which of two, and says if one is moved. */
import { useState } from 'react';
import { parseInstant } from '#domain/time.ts';
import { usePage } from '../page-context.tsx';
import { type Range, resolveRange } from '../range.ts';
import { Action } from '../states.tsx';
import { localText, printTime, readLocalTime, type Zone } from '../time.ts';
import { laterWords } from '../words/later-words.ts';
import { say, words } from '../words.ts';

const { precise: ranges } = laterWords.log;

type End = { text: string; later: boolean };

/** What an end means; undefined if it is not a time. A text with its own zone is taken as it is. */
const readEnd = ({ text, later }: End, zone: Zone) => {
  if (text.trim() === '') return { instant: undefined, note: undefined, isTwo: false };
  const own = parseInstant(text.trim());
  if (own !== undefined) return { instant: own, note: undefined, isTwo: false };
  const read = readLocalTime(
    /^\d{4}-\d\d-\d\d$/.test(text.trim()) ? `${text.trim()}T00:00` : text.trim(),
    zone,
  );
  if (!read) return undefined;
  if (read.kind === 'two') return { instant: read.instants[later ? 1 : 0], note: ranges.twice, isTwo: true };
  const note = read.kind === 'moved' ? say(ranges.moved, { time: printTime(read.instant, zone) }) : undefined;
  return { instant: read.instant, note, isTwo: false };
};

export const PreciseRange = ({ range, zone, onDone }: { range: Range; zone: Zone; onDone: () => void }) => {
  const { change } = usePage();
  const now = resolveRange(range, Date.now());
  const textOf = (instant: string | undefined): string =>
    instant === undefined ? '' : localText(instant, zone).replace('T', ' ');
  const [from, setFrom] = useState<End>({ text: textOf(now.from), later: false });
  const [to, setTo] = useState<End>({ text: textOf(now.to), later: true });
  const [first, last] = [readEnd(from, zone), readEnd(to, zone)];
  const isEmpty =
    first?.instant !== undefined && last?.instant !== undefined && first.instant >= last.instant;
  const isReady = first !== undefined && last !== undefined && !isEmpty;
  const apply = (): void => {
    if (!isReady) return;
    const isAll = first.instant === undefined && last.instant === undefined;
    change({ range: isAll ? { kind: 'all' } : { kind: 'absolute', from: first.instant, to: last.instant } });
    onDone();
  };
  const input = (label: string, end: End, set: (end: End) => void, read: ReturnType<typeof readEnd>) => (
    <div>
      <label>
        {label}{' '}
        <input
          type="text"
          value={end.text}
          placeholder="2026-11-01 08:00"
          aria-invalid={read === undefined || isEmpty}
          onChange={({ target }) => set({ ...end, text: target.value })}
        />
      </label>
      {read?.note && <small>{read.note}</small>}
      {read?.isTwo && (
        <label>
          <input type="checkbox" checked={end.later} onChange={() => set({ ...end, later: !end.later })} />{' '}
          {ranges.later}
        </label>
      )}
    </div>
  );
  return (
    <fieldset className="precise">
      <legend>{say(ranges.inZone, { zone })}</legend>
      {input(ranges.from, from, setFrom, first)}
      {input(ranges.to, to, setTo, last)}
      {!isReady && <p role="alert">{isEmpty ? words.query.faults.emptyRange : ranges.expected}</p>}
      <Action onClick={apply}>{ranges.apply}</Action>
      <Action onClick={onDone}>{words.page.cancel}</Action>
    </fieldset>
  );
};

/** A precise range, by local times of the zone that is shown: it asks which of two, and says if one is moved. */
import { useState } from 'react';
import { usePage } from '../page-context.tsx';
import { type Range, resolveRange } from '../range.ts';
import { Action } from '../states.tsx';
import { localText, printTime, type Zone } from '../time.ts';
import { laterWords } from '../words/later-words.ts';
import { say, words } from '../words.ts';
import { type RangeEnd, readRangeEnd, type WrittenEnd } from './range-end.ts';

const { precise: ranges } = laterWords.log;

const noteOf = (end: RangeEnd | undefined, zone: Zone): string | undefined => {
  if (end?.kind === 'moved') return say(ranges.moved, { time: printTime(end.instant, zone) });
  return end?.kind === 'two' ? ranges.twice : undefined;
};

export const PreciseRange = ({ range, zone, onDone }: { range: Range; zone: Zone; onDone: () => void }) => {
  const { change } = usePage();
  const now = resolveRange(range, Date.now());
  const textOf = (instant: string | undefined): string =>
    instant === undefined ? '' : localText(instant, zone).replace('T', ' ');
  const [from, setFrom] = useState<WrittenEnd>({ text: textOf(now.from), isLater: false });
  const [to, setTo] = useState<WrittenEnd>({ text: textOf(now.to), isLater: true });
  const [first, last] = [readRangeEnd(from, zone), readRangeEnd(to, zone)];
  const isEmpty =
    first?.instant !== undefined && last?.instant !== undefined && first.instant >= last.instant;
  const isReady = first !== undefined && last !== undefined && !isEmpty;
  const apply = (): void => {
    if (!isReady) return;
    const isAll = first.instant === undefined && last.instant === undefined;
    change({ range: isAll ? { kind: 'all' } : { kind: 'absolute', from: first.instant, to: last.instant } });
    onDone();
  };
  const input = (
    label: string,
    end: WrittenEnd,
    set: (end: WrittenEnd) => void,
    read: RangeEnd | undefined,
  ) => (
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
      {noteOf(read, zone) && <small>{noteOf(read, zone)}</small>}
      {read?.kind === 'two' && (
        <label>
          <input
            type="checkbox"
            checked={end.isLater}
            onChange={() => set({ ...end, isLater: !end.isLater })}
          />{' '}
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

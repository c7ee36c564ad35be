/** The range of the log: quick ones, and a precise one by local times of the zone that is shown. */
import { lazy, Suspense, useState } from 'react';
import { usePage } from '../page-context.tsx';
import { calendarRanges } from '../range.ts';
import { printTime } from '../time.ts';
import { say, words } from '../words.ts';

const PreciseRange = lazy(async () => ({ default: (await import('./precise-range.tsx')).PreciseRange }));

const { ranges } = words.log;
const quick = ['15m', '1h', '4h', '24h', '7d', '30d', '90d', ...calendarRanges] as const;

export const RangePicker = () => {
  const { view, change, zone } = usePage();
  const { range } = view;
  const [isPrecise, setPrecise] = useState(false);
  const value = range.kind === 'relative' ? range.last : range.kind;
  const isOffered = value === 'all' || (quick as readonly string[]).includes(value);
  const choose = (chosen: string): void => {
    setPrecise(chosen === 'absolute');
    if (chosen === 'absolute') return;
    change({ range: chosen === 'all' ? { kind: 'all' } : { kind: 'relative', last: chosen, zone } });
  };
  return (
    <div className="range">
      <label>
        {ranges.label}{' '}
        <select value={isPrecise ? 'absolute' : value} onChange={({ target }) => choose(target.value)}>
          {quick.map(last => (
            <option key={last} value={last}>
              {ranges.quick[last]}
            </option>
          ))}
          <option value="all">{ranges.all}</option>
          {!isOffered && range.kind === 'relative' && <option value={value}>{value}</option>}
          <option value="absolute">{ranges.precise}</option>
        </select>
      </label>
      {range.kind === 'absolute' && !isPrecise && (
        <button type="button" className="link" onClick={() => setPrecise(true)}>
          {say(ranges.between, {
            from: range.from === undefined ? ranges.begin : printTime(range.from, zone),
            to: range.to === undefined ? ranges.now : printTime(range.to, zone),
          })}
        </button>
      )}
      {isPrecise && (
        <Suspense fallback={null}>
          <PreciseRange range={range} zone={zone} onDone={() => setPrecise(false)} />
        </Suspense>
      )}
    </div>
  );
};

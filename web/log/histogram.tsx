/**
 * How many events there are over time. The bars are buttons and pick the range: one tab stop, arrows move,
 * shift and an arrow extend, Enter takes the range. A table says the same.
 */
import { useEffect, useState } from 'react';
import type { Api } from '#domain/http/shapes/shapes.ts';
import { instantOfMilliseconds } from '#domain/time.ts';
import { ApiProblem } from '../api.ts';
import { usePage } from '../page-context.tsx';
import type { Question } from '../question.ts';
import { printTime } from '../time.ts';
import { laterWords } from '../words/later-words.ts';
import { say, words } from '../words.ts';
import { type Bar, barsOf, intervalFor } from './bars.ts';

/** `isWaiting`: the rows are not all there, and nothing else is asked of the log meanwhile. */
type HistogramProps = { question: Question; completeTo: string | null; isWaiting: boolean };
type Counted = { bars: Bar[]; isWhole: boolean; scannedTo: string | null };

const useBars = ({ question, completeTo, isWaiting }: HistogramProps): Counted | undefined => {
  const { api } = usePage();
  const [counted, setCounted] = useState<Counted>();
  const key = JSON.stringify([question, completeTo]);
  // Once it is asked, other pages of the rows change nothing.
  const [due, setDue] = useState<string>();
  useEffect(() => {
    if (!isWaiting) setDue(key);
  }, [isWaiting, key]);
  const isDue = due === key;
  useEffect(() => {
    if (!isDue) return;
    const controller = new AbortController();
    const to = question.to ?? completeTo ?? instantOfMilliseconds(Date.now());
    const range = { from: question.from, to };
    const interval = intervalFor(range.from, range.to);
    const body = { ...question, interval };
    api.ask<'Histogram'>('POST', 'v1/events/histogram', { body, signal: controller.signal }).then(
      ({ counts, cursor, scanned_to }: Api<'Histogram'>) =>
        setCounted({
          bars: barsOf(counts, interval, range),
          isWhole: cursor === null,
          scannedTo: scanned_to,
        }),
      (error: unknown) => {
        // The log is shown without it; what is wrong is said there.
        if (!controller.signal.aborted && !(error instanceof ApiProblem)) throw error;
      },
    );
    return () => controller.abort();
  }, [isDue, key, api]);
  return counted;
};

export const Histogram = (props: HistogramProps) => {
  const { change, zone } = usePage();
  const counted = useBars(props);
  const [picked, setPicked] = useState({ at: -1, anchor: -1 });
  if (!counted || counted.bars.length === 0) return <div className="histogram-place" />;
  const { bars, isWhole, scannedTo } = counted;
  const most = Math.max(1, ...bars.map(({ succeeded, failed }) => succeeded + failed));
  const at = picked.at < 0 || picked.at >= bars.length ? bars.length - 1 : picked.at;
  const [first, last] = [Math.min(at, picked.anchor < 0 ? at : picked.anchor), Math.max(at, picked.anchor)];
  const take = (from: number, to: number): void => {
    setPicked({ at: -1, anchor: -1 });
    change({ range: { kind: 'absolute', from: bars[from]!.from, to: bars[to]!.to } });
  };
  const onKey = (event: React.KeyboardEvent<HTMLElement>): void => {
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: bars.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = Math.min(Math.max(to, 0), bars.length - 1);
    const anchor = event.shiftKey ? (picked.anchor < 0 ? at : picked.anchor) : -1;
    setPicked({ at: next, anchor });
    (event.currentTarget.children[next] as HTMLElement | undefined)?.focus();
  };
  const labelOf = ({ from, succeeded, failed }: Bar): string =>
    say(laterWords.log.bar, { time: printTime(from, zone), succeeded, failed });
  return (
    <figure className="histogram" aria-label={laterWords.log.histogram}>
      <div className="bars" role="toolbar" aria-label={laterWords.log.histogramHint} onKeyDown={onKey}>
        {bars.map((bar, n) => (
          <button
            key={bar.from}
            type="button"
            tabIndex={n === at ? 0 : -1}
            className={picked.anchor >= 0 && n >= first && n <= last ? 'bar picked' : 'bar'}
            aria-label={labelOf(bar)}
            title={labelOf(bar)}
            onClick={() => (picked.anchor >= 0 && n === at ? take(first, last) : take(n, n))}
          >
            <svg viewBox="0 0 1 100" preserveAspectRatio="none" aria-hidden="true">
              <rect
                className="ok"
                x="0"
                width="1"
                y={100 - (100 * (bar.succeeded + bar.failed)) / most}
                height="100"
              />
              <rect className="bad" x="0" width="1" y={100 - (100 * bar.failed) / most} height="100" />
            </svg>
          </button>
        ))}
      </div>
      <figcaption>
        <span>{printTime(bars[0]!.from, zone)}</span>
        {!isWhole && scannedTo !== null && (
          <span>{say(laterWords.log.atLeast, { time: printTime(scannedTo, zone) })}</span>
        )}
        <span>{printTime(bars.at(-1)!.to, zone)}</span>
      </figcaption>
      <details>
        <summary>{laterWords.log.asTable}</summary>
        <table>
          <thead>
            <tr>
              {[words.log.columns.time, words.log.succeeded, words.log.failed].map(name => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {bars
              .filter(({ succeeded, failed }) => succeeded + failed > 0)
              .map(({ from, succeeded, failed }) => (
                <tr key={from}>
                  <th scope="row">{printTime(from, zone)}</th>
                  <td>{succeeded}</td>
                  <td>{failed}</td>
                </tr>
              ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
};

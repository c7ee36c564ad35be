/**
 * Following the log: what came since the page was loaded waits behind a button, so that no row jumps away
 * under the pointer. It is announced politely, at most once in ten seconds.
 */
import { useEffect, useRef, useState } from 'react';
import { usePage } from '../page-context.tsx';
import { rememberSeen } from '../seen.ts';
import { printTime } from '../time.ts';
import { laterWords } from '../words/later-words.ts';
import { say } from '../words.ts';
import { isLate } from './live.ts';
import type { Row } from './rows.ts';
import { RowsTable } from './rows-table.tsx';
import type { Actions } from './use-catalogue.tsx';
import { useLive } from './use-live.tsx';
import type { Asked, Progress } from './use-log.tsx';

type LiveBarProps = {
  asked: Asked;
  progress: Progress;
  newer: string;
  catalogue: Actions | undefined;
  open: (row: Row) => void;
  openKey: string | undefined;
};

const announceMs = 10_000;

/** The text, but never a new one earlier than ten seconds after the last. */
const useSlowly = (text: string): string => {
  const [said, setSaid] = useState('');
  const saidAtMs = useRef(0);
  useEffect(() => {
    const wait = Math.max(0, saidAtMs.current + announceMs - Date.now());
    const timer = setTimeout(() => {
      saidAtMs.current = Date.now();
      setSaid(text);
    }, wait);
    return () => clearTimeout(timer);
  }, [text]);
  return said;
};

export const LiveBar = ({ asked, progress, newer, catalogue, open, openKey }: LiveBarProps) => {
  const { api, view, change, zone } = usePage();
  const { question } = asked;
  const isOn = view.isLive && question.to === undefined;
  const { live, look } = useLive({ question, progress, newer, isOn });
  const since = progress.complete_to;
  const [shown, setShown] = useState<readonly Row[]>([]);
  useEffect(() => setShown([]), [newer]);
  const announced = useSlowly(live.come > 0 ? say(laterWords.log.come, { n: live.come }) : '');
  if (question.to !== undefined) return null;
  const toggle = (): void => change({ isLive: !view.isLive }, 'replace');
  return (
    <section className="live" aria-label={laterWords.log.live}>
      <button type="button" className="action" aria-pressed={view.isLive} onClick={toggle}>
        {view.isLive ? laterWords.log.pause : laterWords.log.follow}
      </button>
      {view.isLive && <span>{live.rest ? laterWords.log.rests[live.rest] : laterWords.log.following}</span>}
      {live.come > 0 && (
        <button
          type="button"
          className="action primary"
          onClick={() => {
            const { rows, completeTo, newer } = live;
            setShown(rows);
            if (completeTo !== null) rememberSeen(api, { ...asked, completeTo, newer });
            look();
          }}
        >
          {say(laterWords.log.come, { n: live.come })}
        </button>
      )}
      <span className="quiet" role="status">
        {announced}
      </span>
      {shown.length > 0 && (
        <RowsTable
          label={laterWords.log.live}
          rows={shown}
          catalogue={catalogue}
          open={open}
          openKey={openKey}
          markOf={({ event }) => (isLate(event, since) ? laterWords.log.late : undefined)}
        />
      )}
      {(isOn || shown.length > 0) && since !== null && (
        <p className="live-mark">{say(laterWords.log.liveBegan, { time: printTime(since, zone) })}</p>
      )}
    </section>
  );
};

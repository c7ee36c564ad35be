/**
 * visible: how long after its acknowledgement an event is in an answer of browse, while somebody asks without a pause.
 * The server runs as `npm start` runs it, in a process and a folder of its own. There is no floor: the aim is a time.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchEvent } from './events.ts';
import type { Figure, Heading } from './figure.ts';
import { annalsPeer } from './peers/annals.ts';
import { post } from './peers/load.ts';
import { type Peer, pause } from './peers/peer.ts';
import { quantile } from './peers/turns.ts';

const events = 300;
const everyMs = 100;
const scope = 'acme';
const giveUpAfterMs = 30_000;

export type VisibleResult = { what: string; events: number; p50: number; p99: number; most: number };

export const visibleHeading: Heading = {
  name: 'visible',
  measures:
    'seconds from the acknowledgement of an event to an answer of browse that has it, while somebody asks',
  floor: 'one second',
};
export const visibleFigure = ({ what, events, p50, p99, most }: VisibleResult): Figure => ({
  what,
  value: p99,
  floor: 1,
  unit: 's',
  better: 'less',
  aim: 2,
  note: `p50 ${p50.toFixed(2)} s, at most ${most.toFixed(2)} s, ${events} events`,
});

export const benchVisible = async (
  say: (text: string) => void,
  add: (result: VisibleResult) => void,
): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'annals-visible-'));
  const stopping = new AbortController();
  const data = join(folder, 'data');
  const annals = annalsPeer(data, stopping.signal);
  try {
    await annals.create();
    const { operator } = JSON.parse(await readFile(join(data, 'keys.json'), 'utf8')) as { operator: string };
    const measure = async (what: string, firstId: number): Promise<void> => {
      say(`visible: ${what}`);
      const seconds = await measureVisible(annals, operator, firstId);
      const [p50, p99, most] = [0.5, 0.99, 1].map(share => quantile(seconds, share)) as [
        number,
        number,
        number,
      ];
      add({ what, events: seconds.length, p50, p99, most });
    };
    await measure('p99, a quiet server', 0);
    const seconds = (events * everyMs) / 1000;
    const others = (request: number): object[] =>
      Array.from({ length: 25 }, (_, n) => {
        const at = request * 25 + n;
        return benchEvent(10_000_000 + at, `scope-${request % 997}`, Date.now());
      });
    await Promise.all([measure('p99, a busy server', events), post(annals, { eventsOf: others, seconds })]);
  } finally {
    await annals.stop();
    stopping.abort();
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
};

/** Sends events one after another while it asks for the newest; returns the seconds that each took. */
const measureVisible = async (annals: Peer, operator: string, firstId: number): Promise<number[]> => {
  const { url, headers } = annals.target();
  const acknowledged = new Map<string, number>();
  const seconds: number[] = [];
  let isSending = true;
  const send = async (): Promise<void> => {
    for (let n = 0; n < events; n++) {
      const event = benchEvent(firstId + n, scope, Date.now());
      const response = await fetch(url, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(event),
      });
      if (response.status !== 202) throw new Error(`${url} answered ${response.status}; expected 202`);
      await response.arrayBuffer();
      acknowledged.set(event.id as string, performance.now());
      await pause(everyMs);
    }
    isSending = false;
  };
  const ask = async (): Promise<void> => {
    const page = new URL(`?scope_id=${scope}&limit=100`, url);
    for (let lastAt = performance.now(); isSending || acknowledged.size > 0; ) {
      const response = await fetch(page, { headers: { authorization: `Bearer ${operator}` } });
      if (!response.ok) throw new Error(`${page} answered ${response.status}: ${await response.text()}`);
      const { events: found } = (await response.json()) as { events: { id: string }[] };
      const now = performance.now();
      for (const { id } of found) {
        const at = acknowledged.get(id);
        if (at === undefined || !acknowledged.delete(id)) continue;
        seconds.push((now - at) / 1000);
        lastAt = now;
      }
      if (now - lastAt > giveUpAfterMs) throw new Error(`${acknowledged.size} events do not become visible`);
    }
  };
  await Promise.all([send(), ask()]);
  return seconds;
};

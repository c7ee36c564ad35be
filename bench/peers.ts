/**
 * Annals beside what a company would use instead: a table in PostgreSQL with an index and a plain `node:http`
 * route in front (`peers/postgres-route.ts`). Both run in processes and temporary folders of their own, on this
 * machine, in turns; each answers once its events are synced to disk.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firstStopSignal } from '#cli/stop-signals.ts';
import { bucketOf, defaultBuckets } from '#domain/archive/bucket.ts';
import { Closers } from '#embedded/closers.ts';
import { benchEvent } from './events.ts';
import type { Figure, Heading } from './figure.ts';
import { annalsPeer } from './peers/annals.ts';
import { type Load, type Posted, post } from './peers/load.ts';
import type { Peer } from './peers/peer.ts';
import { findPostgres, installPostgres, postgresPeer } from './peers/postgres.ts';
import { inTurns, type Pair, quantile, type Summary, summarize } from './peers/turns.ts';

export type PeersResult = Summary & {
  what: string;
  unit: string;
  better: 'more' | 'less';
  reach?: number | undefined;
  /** Annals / PostgreSQL in each round. */
  ratios: number[];
};

export const peersHeading: Heading = {
  name: 'peers',
  measures: 'Annals embedded, beside a table in PostgreSQL with an HTTP route; the median of three ratios',
  floor: 'PostgreSQL, synchronous_commit on; an insert per request, the CSV by COPY',
};
export const peersFigure = ({
  what,
  value,
  floor,
  ratio,
  ratios,
  unit,
  better,
  reach,
}: PeersResult): Figure => ({
  what,
  value,
  floor,
  ratio,
  unit,
  better,
  ...(reach === undefined ? {} : { aim: reach }),
  ...(ratios.length === 1 ? {} : { note: `rounds ${ratios.map(ratio => ratio.toFixed(2)).join(', ')}` }),
});

const rounds = 3;
/** Longer than the window of the event source where latency counts, so that filing falls into the run. */
const loads = [
  { what: '1 in a request', batch: 1, seconds: 6 },
  { what: '25 in a request', batch: 25, seconds: 12 },
  { what: '500 in a request', batch: 500, seconds: 6 },
  { what: '25 of mixed scopes', batch: 25, seconds: 12, isMixed: true, reach: 1 },
];
const small = 3000;
const large = 100_000;

/** A name of a scope in the bucket. */
const scopeIn = (bucket: number, prefix: string): string => {
  for (let n = 0; ; n++) if (bucketOf(`${prefix}-${n}`, defaultBuckets) === bucket) return `${prefix}-${n}`;
};
const scopes = [
  {
    scope: scopeIn(3, 'large'),
    rows: large,
    what: `CSV of ${large.toLocaleString('en-US')} rows`,
    reach: 1.5,
  },
  {
    scope: scopeIn(3, 'shares'),
    rows: small,
    what: `CSV of ${small.toLocaleString('en-US')}, shared bucket`,
  },
  {
    scope: scopeIn(20, 'small'),
    rows: small,
    what: `CSV of ${small.toLocaleString('en-US')} rows`,
    reach: 4,
  },
];

const resultOf = (
  pairs: readonly Pair[],
  figure: Omit<PeersResult, keyof Summary | 'ratios'>,
): PeersResult => ({
  ...figure,
  ...summarize(pairs),
  ratios: pairs.map(({ annals, peer }) => annals / peer),
});

type Say = (text: string) => void;
type Add = (result: PeersResult) => void;
/** `stored` counts the events that each has taken. */
type Both = { annals: Peer; postgres: Peer; add: Add; say: Say; stored: Map<Peer, number> };

const postCounted = async (stored: Both['stored'], peer: Peer, load: Load): Promise<Posted> => {
  const posted = await post(peer, load);
  stored.set(peer, (stored.get(peer) ?? 0) + posted.events);
  return posted;
};

/** Posts once to each of the two, and then in turns. */
const measurePosting = async (both: Both, load: (typeof loads)[number]): Promise<void> => {
  const { annals, postgres, add, say, stored } = both;
  const { what, batch, seconds, isMixed, reach } = load;
  // An id is used once.
  const firstId = (1 + loads.indexOf(load)) * 10_000_000;
  let requests = 0;
  const eventsOf = (): object[] => {
    const request = requests++;
    const scopeOf = (n: number): string => `scope-${(isMixed ? n : request) % 997}`;
    return Array.from({ length: batch }, (_, n) => {
      const at = request * batch + n;
      return benchEvent(firstId + at, scopeOf(at), Date.now());
    });
  };
  const turn = (name: string, peer: Peer) => async (): Promise<Posted> => {
    say(`peers: ${what}, ${name}`);
    const posted = await postCounted(stored, peer, { eventsOf, seconds: seconds });
    await peer.settle();
    return posted;
  };
  for (const peer of [annals, postgres]) await postCounted(stored, peer, { eventsOf, seconds: 1 });
  await annals.settle();
  const results = await inTurns(rounds, turn('Annals', annals), turn('PostgreSQL', postgres));
  const report = (
    numberOf: (posted: Posted) => number,
    figure: Pick<PeersResult, 'what' | 'unit' | 'better' | 'reach'>,
  ): void => {
    const pairs = results.map(({ annals, peer }) => ({ annals: numberOf(annals), peer: numberOf(peer) }));
    add(resultOf(pairs, figure));
  };
  report(({ events, seconds }) => events / seconds, { what, unit: 'events/s', better: 'more', reach });
  if (batch !== 25 || isMixed) return;
  for (const [share, reach] of [[0.5], [0.99, 1.3]] as const)
    report(({ latenciesMs }) => quantile(latenciesMs, share), {
      what: `25: p${share * 100} of an answer`,
      unit: 'ms',
      better: 'less',
      reach,
    });
};

const fillScopes = async ({ annals, postgres, say, stored }: Both): Promise<void> => {
  const batch = 500;
  for (const { scope, rows } of scopes) {
    const eventsOf = (request: number): object[] =>
      Array.from({ length: batch }, (_, n) => {
        const at = request * batch + n;
        // Within the last hour, in order.
        return benchEvent(at, scope, Date.now() - 3_600_000 + Math.floor((at / rows) * 3_500_000));
      });
    for (const peer of [annals, postgres]) {
      say(`peers: ${rows.toLocaleString('en-US')} rows of ${scope}`);
      await postCounted(stored, peer, { eventsOf, requests: rows / batch });
    }
  }
  for (const peer of [annals, postgres]) await peer.settle();
};

const measureDisk = async ({ annals, postgres, add, stored }: Both): Promise<void> => {
  const bytesAnEvent = async (peer: Peer): Promise<number> => (await peer.bytesOnDisk()) / stored.get(peer)!;
  const pair = { annals: await bytesAnEvent(annals), peer: await bytesAnEvent(postgres) };
  add(resultOf([pair], { what: 'on disk', unit: 'bytes an event', better: 'less' }));
};

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
};

const measureTimes = async (
  { annals, postgres, add }: Both,
  work: (peer: Peer) => Promise<number>,
  figure: { what: string; reach?: number | undefined },
): Promise<void> => {
  const pairs = await inTurns(
    rounds,
    () => work(annals),
    () => work(postgres),
  );
  add(resultOf(pairs, { ...figure, unit: 'ms', better: 'less' }));
};

const measure = async (both: Both): Promise<void> => {
  const { say } = both;
  for (const load of loads) await measurePosting(both, load);
  await fillScopes(both);
  await measureDisk(both);
  for (const { scope, rows, what, reach } of scopes)
    await measureTimes(
      both,
      async peer => {
        say(`peers: ${what}`);
        return timed(async () => {
          const lines = await peer.takeCsv(scope);
          if (lines <= rows)
            throw new Error(`The CSV of ${scope} has ${lines} lines; expected more than ${rows}`);
        });
      },
      { what, reach },
    );
  await measureTimes(
    both,
    async peer => {
      say('peers: starts');
      await peer.stop();
      return timed(() => peer.start());
    },
    { what: 'start', reach: 2 },
  );
};

/** Runs the bench; ends with 1 if PostgreSQL is not installed, and leaves nothing behind if it is interrupted. */
export const benchPeers = async (say: Say, add: Add): Promise<void> => {
  const binaries = await findPostgres();
  if (binaries === undefined) {
    process.stderr.write(`${installPostgres}\n`);
    process.exit(1);
  }
  const stopping = new AbortController();
  const interrupted = firstStopSignal().then(() => 'interrupted' as const);
  const closers = new Closers();
  const work = async (): Promise<void> => {
    const folder = await mkdtemp(join(tmpdir(), 'annals-peers-'));
    // initdb may still be ending.
    closers.push(() => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }));
    // The process of PostgreSQL, which is another user's, must reach its own folders in it.
    await chmod(folder, 0o711);
    const postgres = postgresPeer(binaries, folder, stopping.signal);
    const annals = annalsPeer(join(folder, 'annals'), stopping.signal);
    for (const peer of [postgres, annals]) {
      say('peers: making an installation of each');
      closers.push(() => peer.stop());
      await peer.create();
    }
    await measure({ annals, postgres, add, say, stored: new Map() });
  };
  try {
    if ((await Promise.race([work(), interrupted])) !== 'interrupted') return;
  } finally {
    stopping.abort();
    await closers.close();
  }
  process.exit(130);
};

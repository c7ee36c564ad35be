/** The process in which `bench/behind.ts` delivers a day into a directory. Prints seconds, peak memory and rows. */
import { join } from 'node:path';
import type { S3 } from '#aws/clients.ts';
import { bucketOf } from '#domain/archive/bucket.ts';
import { placeOfDelivery } from '#domain/deliver/layout.ts';
import { firstProgress } from '#domain/deliver/progress.ts';
import { instantOfMilliseconds } from '#domain/time.ts';
import { DirectoryBudget } from '#embedded/deliver/directory-budget.ts';
import { DirectorySender } from '#embedded/deliver/directory-sender.ts';
import { EmbeddedS3 } from '#embedded/storage/s3.ts';
import { createDeliverWorld } from '#functions/deliver.ts';
import { applyDeliveryChange } from '#functions/workflows/change-delivery.ts';
import { deliverAll, noDeliverMemory } from '#functions/workflows/deliver-all.ts';
import type { DeliverWorld } from '#functions/workflows/deliver-world.ts';
import { benchBucket, benchBuckets, benchDate, benchScopes } from './compact.ts';

const [root] = process.argv.slice(2) as [string];
const scopeId = benchScopes[0]!;
if (bucketOf(scopeId, benchBuckets) !== benchBucket) throw new Error('The scope is in another bucket');

const buckets = ['ledger', 'state', 'views', 'aside'];
const s3 = new EmbeddedS3(join(root, 'buckets'), join(root, 'tmp'), buckets) as unknown as S3;
const world: DeliverWorld = {
  ...createDeliverWorld(
    {
      ANNALS_INSTALLATION: 'bench',
      ANNALS_BUCKETS: benchBuckets,
      ANNALS_STREAM: 'annals',
      ANNALS_STATE: 'state',
      ANNALS_LEDGER: 'ledger',
      ANNALS_VIEWS: 'views',
      ANNALS_ASIDE: 'aside',
      ANNALS_STALL_SECONDS: 900,
      ANNALS_DIRECTORY_FUNCTION: '',
      ANNALS_DELIVERY_KEY: 'key',
      ANNALS_DELIVERY_PORTS: [],
      ANNALS_ACCOUNT: '123456789012',
    },
    { kinesis: { send: () => Promise.reject(new Error('Nothing is recorded')) } as never, s3 },
    { installation: 'bench', metrics: () => undefined },
  ),
  selfAudit: { record: async () => undefined } as unknown as DeliverWorld['selfAudit'],
  openSender: async (_, place) =>
    new DirectorySender({
      root: join(root, 'deliveries'),
      path: 'bench',
      place: placeOfDelivery(place),
      budget: new DirectoryBudget(join(root, 'deliveries'), Number.POSITIVE_INFINITY),
      hasReserve: async () => true,
    }),
  leaseMs: 0,
};

const from = `${benchDate}T00:00:00.000000000Z` as const;
const at = instantOfMilliseconds(Date.now());
const asked = await world.deliveries.append(undefined, {
  type: 'changing',
  at,
  scope_id: scopeId,
  id: 'bench',
  kind: 'create',
  definition: {
    destination: { type: 'directory', path: 'bench' },
    format: 'json',
    form_version: 1,
    paused: false,
  },
  origin: { from, incarnation: '00000000', external_id: 'x' },
  by: { role: 'operator', principal: 'bench' },
});
const delivery = await applyDeliveryChange(world, asked!);
await world.work.begin(delivery, { ...firstProgress(from), tested_at: at });

const startedMs = performance.now();
const memory = noDeliverMemory();
const { signal } = new AbortController();
for (let more = true; more; ) {
  const done = await deliverAll(world, memory, { mayBegin: () => true, signal });
  if (done.failures.length > 0) throw done.failures[0]!;
  more = done.more;
}
const seconds = (performance.now() - startedMs) / 1000;
const { user, system } = process.cpuUsage();
const { rows, run } = (await world.work.progress(delivery))!.progress;
// In KiB on Linux.
const peakRssMiB = Math.round(process.resourceUsage().maxRSS / 1024);
process.stdout.write(
  JSON.stringify({ rows, runs: run, seconds, peakRssMiB, cpuSeconds: (user + system) / 1e6 }),
);

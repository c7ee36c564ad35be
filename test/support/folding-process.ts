/**
 * A process that puts objects into a bucket and folds it without a pause, so that a test can kill it. It
 * prints the number of each object that was put. Started with the folder, and the first number.
 */
import { Folding } from '#embedded/storage/folding.ts';
import { contentOf, keyOfNumber, openBucketAt } from './bucket-at.ts';

const [folder, first] = process.argv.slice(2) as [string, string];
const { s3, ledger, temporary, inventories } = await openBucketAt(folder, async () => undefined);
let days = 0;
const fold = async (): Promise<void> => {
  for (;;) {
    const folding = new Folding({
      files: s3.filesOf('ledger'),
      temporary,
      dropFile: key => s3.dropFile('ledger', key),
      inventory: inventories.folds,
      objects: inventories.objects,
      // Days are closed and open in turn, so that folds are made of files and of folds.
      nowMs: () => Date.parse('2026-11-24T12:00:00Z') + (days++ % 4) * 24 * 3_600_000,
      log: (_, message, facts) => process.stderr.write(`${message} ${JSON.stringify(facts)}\n`),
      manyObjects: 3,
      most: { objects: 40, bytes: 1e9 },
    });
    await folding.run();
  }
};
const put = async (): Promise<void> => {
  for (let n = Number(first); ; n++) {
    await ledger.create(keyOfNumber(n), contentOf(n));
    process.stdout.write(`${n}\n`);
  }
};
await Promise.all([fold(), put()]);

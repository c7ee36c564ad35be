/** `annals rebuild`: has the segments of a day made again. The server may be running or stopped. */
import type { Command } from 'commander';
import { command, dataOption, jsonOption } from '#cli/command.ts';
import { Failure } from '#cli/failure.ts';
import { printJson, printText } from '#cli/output.ts';
import { openPlaces } from '#cli/places.ts';
import { bucketName } from '#domain/archive/bucket.ts';
import { parseInstantOrDate } from '#domain/time.ts';

type RebuildOptions = { stack?: string; data?: string; json: boolean; bucket: string; date: string };

export const addRebuild = (program: Command): void => {
  command(
    program,
    'rebuild',
    'Have the segments of a day made again from the ledger. Until then the day is read from the ledger.',
    'rebuild --bucket 07 --date 2026-11-20 --data /var/lib/annals',
  )
    .requiredOption('--bucket <number>', 'the bucket, as in the keys of its segments')
    .requiredOption('--date <date>', 'the day of filing, YYYY-MM-DD')
    .option(...dataOption)
    .option(...jsonOption)
    .action(rebuild);
};

const rebuild = async (options: RebuildOptions): Promise<void> => {
  const { stack, data, date, json } = options;
  if (stack !== undefined && data !== undefined) throw new Failure(2, '--stack is for AWS; leave out --data');
  const bucket = /^\d{1,4}$/.test(options.bucket) ? Number(options.bucket) : -1;
  if (!/^\d{4}-\d\d-\d\d$/.test(date) || parseInstantOrDate(date) === undefined)
    throw new Failure(2, `--date is "${date}"; expected a day as YYYY-MM-DD`);
  const outcome = await attempt(options, bucket);
  if (json) return printJson({ bucket, date, outcome });
  const day = `${date} of bucket ${bucketName(bucket)}`;
  return printText(
    outcome === 'marked'
      ? `The segments of ${day} are made again within a quarter of an hour; until then it is read from the ledger`
      : `${day} is not compacted yet: it is read from the ledger, and has no segments to make again`,
  );
};

const attempt = async (options: RebuildOptions, bucket: number): Promise<string> => {
  try {
    const { readInstallation } = await import('#aws/state/installation.ts');
    const { Compactions } = await import('#aws/state/compactions.ts');
    const { rebuildDay } = await import('#functions/workflows/rebuild-day.ts');
    const { state } = await openPlaces(options);
    const { buckets } = await readInstallation(state);
    if (bucket < 0 || bucket >= buckets)
      throw new Failure(2, `--bucket is "${options.bucket}"; expected a number from 0 to ${buckets - 1}`);
    return await rebuildDay(new Compactions(state), bucket, options.date);
  } catch (error) {
    if (error instanceof Failure) throw error;
    const { name, message } = error as Error;
    throw new Failure(name === 'StackError' ? 2 : 3, `The day could not be marked: ${message}`, {
      cause: error,
    });
  }
};

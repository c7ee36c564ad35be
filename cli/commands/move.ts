/** `annals move`: moves an installation from one machine to a stack on AWS, or back. It can always be run again. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { command, dataOption, jsonOption } from '#cli/command.ts';
import { dataDirectory } from '#cli/connection.ts';
import { Failure } from '#cli/failure.ts';
import type { Carried, CarryOptions } from '#cli/move/carry.ts';
import { printJson, printText, say } from '#cli/output.ts';
import { withProgress } from '#cli/progress.ts';
import { count, renderTable } from '#cli/table.ts';
import { paint } from '#cli/terminal.ts';
import { instantOfMilliseconds } from '#domain/time.ts';

type MoveOptions = { data?: string; stack?: string; back?: boolean; json: boolean };

export const addMove = (program: Command): void => {
  command(
    program,
    'move',
    'Move the installation of a data directory to the stack on AWS that --stack names, or back.',
    'move --data .annals --stack Annals',
    'move --data ./annals-back --stack Annals --back',
  )
    .option('--back', 'move from the stack to the data directory, which is a new folder')
    .option(...dataOption)
    .option(...jsonOption)
    .action(move);
};

const move = async (options: MoveOptions): Promise<void> => {
  const { stack, back = false, json } = options;
  if (stack === undefined)
    throw new Failure(2, 'Name the stack with --stack: annals move --data .annals --stack Annals');
  const root = dataDirectory(options.data);
  const carried = await withProgress(json, async bar => {
    try {
      return await run({ root, stack, back }, text => bar.say(text));
    } catch (error) {
      throw asFailure(error);
    }
  });
  if (json) return printJson({ stack, data: root, back, already_moved: carried === undefined, ...carried });
  await printText(textOf(carried, { root, stack, back }));
};

type Ends = { root: string; stack: string; back: boolean };

/** A heartbeat comes every minute, and is filed within another. */
const pauseMs = 2000;
const attempts = 300;

const run = async ({ root, stack, back }: Ends, say: CarryOptions['say']): Promise<Carried | undefined> => {
  // Loading the SDK and DuckDB takes longer than most commands run.
  const { openStackPlaces } = await import('#aws/deployed-stack.ts');
  const options = {
    data: root,
    stack,
    openStack: () => openStackPlaces(stack),
    patience: { pause: () => sleep(pauseMs), attempts },
    nowInstant: () => instantOfMilliseconds(Date.now()),
    say,
    log: sayErrors,
  };
  if (back) return (await import('#cli/move/from-stack.ts')).moveFromStack(options);
  return (await import('#cli/move/to-stack.ts')).moveToStack(options);
};

const sayErrors: CarryOptions['log'] = (level, message) => {
  if (level === 'error') say(message);
};

/** What a person can fix, by its message. */
const asFailure = (error: unknown): unknown => {
  if (error instanceof Failure) return error;
  const { name, message } = error as Error;
  if (name === 'StackError') return new Failure(2, message, { cause: error });
  if (['MoveRefused', 'DataDirectoryError', 'NoInstallation', 'InstallationConflict'].includes(name))
    return new Failure(1, message, { cause: error });
  return new Failure(3, `The move did not end: ${message}; run it again, it goes on where it was`, {
    cause: error,
  });
};

const shownDays = 20;

const textOf = (carried: Carried | undefined, { root, stack, back }: Ends): string => {
  const next = back
    ? `Destroy the stack before you start the server: cdk destroy ${stack}`
    : `Start the server on ${root} as before: it forwards events to the stack until every sender knows its URL`;
  const head = back
    ? `moved from the stack "${stack}" to ${root}`
    : `moved from ${root} to the stack "${stack}"`;
  if (!carried) return `The installation has ${head} before. ${next}`;
  const { installation, days } = carried;
  const lines = [paint('green', `The installation ${installation} has ${head}.`)];
  if (days) {
    const objects = days.reduce((sum, day) => sum + day.objects, 0);
    const rows = days.slice(-shownDays).map(day => ({
      day: day.date,
      objects: day.objects,
      bytes: day.bytes,
      hash: day.sha256_sum.slice(0, 16),
    }));
    lines.push(
      '',
      `${count(objects, 'object')} on ${count(days.length, 'day')}, the same in both, to the byte:`,
    );
    if (rows.length > 0) lines.push(renderTable(rows, {}));
    if (days.length > shownDays) lines.push('… the earlier days are in --json');
  }
  return [...lines, '', next].join('\n');
};

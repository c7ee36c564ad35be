/** Runs a command. Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 outcome unknown. */
import { exitCodeOf, printFailure } from './failure.ts';
import { ReaderGone, say } from './output.ts';
import { program } from './program.ts';

// A failed write must not end in a stack trace.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

// Not awaited: a bundle of CommonJS has no await of its own (embedded/launch).
program.parseAsync().catch(error => {
  if (error instanceof ReaderGone) process.exit(0);
  say(printFailure(error));
  process.exit(exitCodeOf(error));
});

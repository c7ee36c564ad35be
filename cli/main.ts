/** Runs a command. Exit codes: 0 done, 1 refused, 2 misused, 3 outcome unknown. */
import { exitCodeOf, printFailure } from './failure.ts';
import { ReaderGone, say } from './output.ts';
import { program } from './program.ts';

// Whatever else writes there, a write that fails has no stack to show.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof ReaderGone) process.exit(0);
  say(printFailure(error));
  process.exit(exitCodeOf(error));
}

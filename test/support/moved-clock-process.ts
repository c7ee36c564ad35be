/**
 * An installation whose clock a test moves, so that days close while it runs, and which folds and compacts without
 * a pause. Started with the data directory and how far the clock is ahead; each line of its standard input is how
 * far it is ahead from then on, and at its end the installation stops. What the log says of errors goes to
 * standard error.
 */
import { createInterface } from 'node:readline';
import { startInstallation } from '#embedded/installation.ts';

const [data, ahead] = process.argv.slice(2) as [string, string];
let aheadMs = Number(ahead);
Date.now = () => Math.floor(performance.timeOrigin + performance.now()) + aheadMs;
const yearMs = 365 * 24 * 3_600_000;
const installation = await startInstallation({
  data,
  buckets: 4,
  memoryLimit: '256MiB',
  tickMs: 500,
  compactMs: 50,
  folding: { everyMs: 50, manyObjects: 3 },
  // No record grows old only because the clock was moved.
  stream: { retainMs: yearMs },
  eventSource: { windowMs: 10, maxPauseMs: 20, maxRecordAgeMs: yearMs },
  log: (level, message, facts) => {
    if (level === 'error') process.stderr.write(`${JSON.stringify({ message, ...facts })}\n`);
  },
});
createInterface(process.stdin)
  .on('line', line => {
    aheadMs = Number(line);
  })
  .on('close', () => void installation.stop());

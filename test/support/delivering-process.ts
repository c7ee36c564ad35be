/**
 * An installation that files and delivers without a pause, and kills itself between two steps of a run. Started with
 * the data directory, the port of a receiver on loopback, and the step: before or after it, which, and the how many of
 * its kind; without a step it lives until its standard input ends. Errors of the log go to standard error.
 */

import { HttpsSender } from '#aws/deliver/https-sender.ts';
import { DeliveryWork } from '#aws/state/delivery-work.ts';
import { DirectorySender } from '#embedded/deliver/directory-sender.ts';
import { startInstallation } from '#embedded/installation.ts';

const [data, port, when, step, nth] = process.argv.slice(2) as [string, string, string?, string?, string?];

/** Where each step is made; of a sender, with the kind of what is sent. */
const steps: Record<string, { prototype: object; method: string; kind?: string }> = {
  freeze: { prototype: DeliveryWork.prototype, method: 'freeze' },
  'put the rows': { prototype: DirectorySender.prototype, method: 'send', kind: 'rows' },
  'post the rows': { prototype: HttpsSender.prototype, method: 'send', kind: 'rows' },
  'keep the manifest': { prototype: DeliveryWork.prototype, method: 'keepManifest' },
  'put the manifest': { prototype: DirectorySender.prototype, method: 'send', kind: 'manifest' },
  'post the manifest': { prototype: HttpsSender.prototype, method: 'send', kind: 'manifest' },
  'move the progress': { prototype: DeliveryWork.prototype, method: 'put' },
};

if (step !== undefined) {
  const { prototype, method, kind } = steps[step]!;
  const methods = prototype as Record<string, (...given: unknown[]) => Promise<unknown>>;
  const own = methods[method]!;
  let made = 0;
  const dieIf = (at: string): void => {
    if (when === at && made >= Number(nth)) process.kill(process.pid, 'SIGKILL');
  };
  methods[method] = async function (this: unknown, ...given: unknown[]) {
    if (kind !== undefined && (given[0] as { kind: string }).kind !== kind) return own.apply(this, given);
    made += 1;
    dieIf('before');
    const result = await own.apply(this, given);
    dieIf('after');
    return result;
  };
}

const installation = await startInstallation({
  data,
  buckets: 4,
  memoryLimit: '256MiB',
  tickMs: 500,
  eventSource: { windowMs: 50, maxPauseMs: 20 },
  deliveryTargets: { networks: ['127.0.0.0/8'], ports: [Number(port)] },
  log: (level, message, facts) => {
    if (level === 'error') process.stderr.write(`${JSON.stringify({ message, ...facts })}\n`);
  },
});
process.stdin.on('end', () => void installation.stop()).resume();

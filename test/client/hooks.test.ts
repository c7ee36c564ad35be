import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { AuditLogOptions } from '#client/index.ts';
import { anEvent, openClient, startService, stored } from '#test/support/audit-log-service.ts';

type Hook = 'onRefused' | 'onWarning' | 'onUnavailable' | 'onError';

/** What the process hears of: an unhandled rejection would end it. */
const listen = () => {
  const unhandled: unknown[] = [];
  const hear = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', hear);
  onTestFinished(() => void process.off('unhandledRejection', hear));
  const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  onTestFinished(() => warning.mockRestore());
  return { unhandled, warnings: () => warning.mock.calls.map(([message]) => String(message)) };
};
const settled = (): Promise<void> => new Promise(resolve => setImmediate(resolve));
const unreadable = () => ({
  ...anEvent(),
  get success(): never {
    throw null;
  },
});

const failing: [string, () => unknown][] = [
  [
    'throws',
    () => {
      throw new Error('of the hook');
    },
  ],
  [
    'throws null',
    () => {
      throw null;
    },
  ],
  ['rejects', async () => Promise.reject(new Error('of the hook'))],
  ['rejects with null', async () => Promise.reject(null)],
  [
    'gives what cannot be waited for',
    () => ({
      // biome-ignore lint/suspicious/noThenProperty: what a product may give
      get then(): never {
        throw new Error('of the hook');
      },
    }),
  ],
];

describe.each(failing)('a hook that %s', (_, fail) => {
  it.each<Hook>(['onRefused', 'onWarning', 'onUnavailable'])(
    'reaches neither the product nor the sending, and is reported once: %s',
    async hook => {
      const { unhandled } = listen();
      const { url, kept } = await startService((lines, request) =>
        request <= 2 ? { status: 500 } : stored(lines),
      );
      const { log, errors } = openClient(url, { [hook]: fail } as Partial<AuditLogOptions>);
      for (let n = 0; n < 3; n++) {
        expect(log.record(unreadable()).isTaken).toBe(false);
        expect(log.record({ ...anEvent(), payload: { n: Number.NaN } }).isTaken).toBe(true);
      }
      await log.flush();
      await settled();
      expect(kept.size).toBe(3);
      expect(unhandled).toEqual([]);
      expect(errors).toEqual([expect.stringContaining(`The hook ${hook}`)]);
    },
  );

  it('may be the one that reports the others: then the process is warned, once', async () => {
    const { unhandled, warnings } = listen();
    const { url } = await startService();
    const { log } = openClient(url, { onRefused: fail, onError: fail } as Partial<AuditLogOptions>);
    for (let n = 0; n < 3; n++) log.record(unreadable());
    await settled();
    expect(unhandled).toEqual([]);
    expect(warnings()).toEqual([expect.stringContaining('The hook onError')]);
  });
});

it('warns the process of what no hook receives, once of each kind', async () => {
  const { warnings } = listen();
  const { url } = await startService();
  const { log } = openClient(url, { onWarning: undefined, onError: undefined } as never);
  for (let n = 0; n < 3; n++) log.record({ ...anEvent(), payload: { n: Number.NaN } });
  await log.flush();
  expect(warnings()).toEqual([expect.stringContaining('"not_json"')]);
});

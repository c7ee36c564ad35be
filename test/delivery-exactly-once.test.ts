/** Promise 9, for deliveries: each event is in exactly one object, whatever fails and whoever starts again. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addDays, type Instant, instantOfMilliseconds } from '#domain/time.ts';
import { cellsOf, type Delivery as Filed, uuid } from '#test/support/browse-world.ts';
import { openDeliverWorld, readHeld } from '#test/support/deliver-world.ts';

const startMs = Date.parse('2026-11-26T10:00:00Z');
const atMs = (ms: number): Instant => instantOfMilliseconds(startMs + ms);

/** What happens, in an order that fast-check chooses. */
type Step =
  | { kind: 'file'; gapMs: number; events: { n: number; daysBefore: number; action: string }[] }
  | { kind: 'turn'; crashAt: number | undefined; answers: ('take' | 'lose' | 'server_error')[] }
  | { kind: 'restart' }
  | { kind: 'pause' | 'resume' };

const actions = ['context.create', 'user.login'];
/** A few events, so that there are many copies; some are older than the lane ontime takes. */
const events = fc.array(
  fc.record({
    n: fc.integer({ min: 1, max: 12 }),
    daysBefore: fc.constantFrom(0, 0, 0, 3, 30),
    action: fc.constantFrom(...actions),
  }),
  { minLength: 1, maxLength: 6 },
);
/** Past 25 hours the keys of a run are no longer in memory: what comes again then is late. */
const gapMs = fc.constantFrom(1000, 1000, 60_000, 26 * 3_600_000);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('file' as const), gapMs, events }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('turn' as const),
      crashAt: fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined }),
      answers: fc.array(fc.constantFrom('take' as const, 'lose' as const, 'server_error' as const), {
        maxLength: 4,
      }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('pause' as const, 'resume' as const) }) },
);

class Crash extends Error {}

describe('a delivery to objects', () => {
  it('puts each event into exactly one object, over crashes, failures, pauses and restarts', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 25 }),
        fc.integer({ min: 1, max: 4 }),
        async (steps, rows) => {
          const opened = await openDeliverWorld();
          const { create, change, control, held, clock, file } = opened;
          const first = await create('first', { from: atMs(0) });
          await create('second', { from: atMs(0), filter: { action: ['"user."*'] } });
          const start = () => opened.start({ limits: { rows, textBytes: 1e6 } });
          let process = start();
          let ms = 0;
          const filed: Filed[] = [];
          const turn = async () => {
            clock.ms += 20 * 60_000;
            await process.turn().catch(() => undefined);
          };
          for (const one of steps) {
            if (one.kind === 'file') {
              ms += one.gapMs;
              const batch = one.events.map(({ n, daysBefore, action }): Filed => {
                ms += 1000;
                // The identity of an event is its id and its time; copies come as they like.
                const occurredAt = addDays(atMs(n), -daysBefore);
                return {
                  id: uuid(n),
                  occurredAt,
                  filedAt: atMs(ms + 60_000),
                  scope: 'acme',
                  change: { action },
                };
              });
              filed.push(...batch);
              await file(batch, atMs(ms + 60_500));
            } else if (one.kind === 'restart') process = start();
            else if (one.kind === 'turn') {
              const answers = [...one.answers];
              control.answer = () => answers.shift() ?? 'take';
              let request = 0;
              control.onRequest = () => {
                if (one.crashAt !== undefined && request++ >= one.crashAt) throw new Crash();
              };
              await turn();
              control.onRequest = () => undefined;
              // Whatever was in memory is gone with the process.
              if (one.crashAt !== undefined && request > one.crashAt) process = start();
            } else await change(first, one.kind, { paused: one.kind === 'pause' });
          }
          await change(first, 'resume', { paused: false });
          control.answer = () => 'take';
          process = start();
          for (let n = 0; n < 3; n++) await turn();
          const firstCopies = new Map<string, Filed>();
          for (const row of filed) {
            const key = `${row.occurredAt} ${row.id}`;
            if (!firstCopies.has(key)) firstCopies.set(key, row);
          }
          const expected = (isWanted: (action: string) => boolean) =>
            [...firstCopies.values()]
              .filter(row => isWanted(String(cellsOf(row).action)))
              .map(({ id, occurredAt }) => `${occurredAt} ${id}`);
          for (const [id, isWanted] of [
            ['first', () => true],
            ['second', (action: string) => action === 'user.login'],
          ] as const) {
            const { events: found, manifests } = readHeld(held, id);
            // In the order of filing: a list, so that nothing is there twice.
            expect(found.map(({ id: event, occurred_at }) => `${occurred_at} ${event}`)).toEqual(
              expected(isWanted),
            );
            let end = atMs(0);
            let previous: string | null = null;
            for (const [at, manifest] of manifests.entries()) {
              expect(manifest.run).toBe(at + 1);
              expect(manifest.filed_from).toBe(end);
              expect(manifest.previous_sha256).toBe(previous);
              expect(manifest.rows + manifest.filtered + manifest.dropped).toBe(manifest.read);
              end = manifest.filed_to;
              previous = createHash('sha256').update(manifest.text).digest('hex');
            }
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

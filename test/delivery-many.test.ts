/** Receivers that hang, however many, slow no other delivery. */
import { describe, expect, it, vi } from 'vitest';
import type { Destination } from '#domain/deliver/destination.ts';
import type { Sender } from '#domain/deliver/sender.ts';
import type { Instant } from '#domain/time.ts';
import { deliverAll } from '#functions/workflows/deliver-all.ts';
import { uuid } from '#test/support/browse-world.ts';
import { objectSender, openDeliverWorld } from '#test/support/deliver-world.ts';

const at = (time: string): Instant => `2026-11-26T${time}.000000000Z`;
const start = at('10:00:00');

const event = (n: number, filedAt: Instant) => ({ id: uuid(n), occurredAt: filedAt, filedAt, scope: 'acme' });
const to = (n: number): Destination => ({
  type: 'https',
  url: `https://receiver-${n}.example/`,
  header_names: [],
});

describe('many deliveries', () => {
  it.each([
    [1000, 'remembers'],
    [200, 'has forgotten'],
  ])(
    'are served look by look, all %s of them, while the receivers of a twentieth hang, and the process %s which',
    async (count, what) => {
      const { file, create, start: run, held, clock, world } = await openDeliverWorld();
      const hanging = new Set(Array.from({ length: count / 20 }, (_, n) => `d-${n * 20}`));
      let isHanging = false;
      let asked = 0;
      const openSender: typeof world.openSender = async ({ id }, place) => {
        if (!hanging.has(id)) return objectSender(held, place);
        const send: Sender['send'] = async (_, signal) => {
          if (!isHanging) return { kind: 'failed', code: 'timed_out' };
          asked += 1;
          return new Promise(resolve => {
            signal.addEventListener('abort', () => resolve({ kind: 'failed', code: 'timed_out' }));
          });
        };
        return { send, test: async () => ({ kind: 'done' }) };
      };
      for (let n = 0; n < count; n++) await create(`d-${n}`, { from: start, destination: to(n) });
      let process = run({ openSender });
      await file([event(1, at('10:00:10'))], at('10:00:30'));
      await process.turn();
      if (what === 'has forgotten') process = run({ openSender });
      isHanging = true;
      clock.ms += 900_000;
      const served = () => [...held.values()].filter(({ kind }) => kind === 'rows').length;
      const ending = new AbortController();
      const looks: Promise<unknown>[] = [];
      for (let look = 2; look < 4; look++) {
        await file([event(look, at(`10:0${look}:10`))], at(`10:0${look}:30`));
        const settings = { mayBegin: () => !ending.signal.aborted, signal: ending.signal };
        looks.push(deliverAll(process.world, process.memory, settings));
        await vi.waitUntil(() => served() === look * (count - hanging.size), { timeout: 60_000 });
      }
      // The first four of them still have their turns, and all others wait.
      expect(asked).toBe(4);
      ending.abort();
      await Promise.all(looks);
      expect(served()).toBe(3 * (count - hanging.size));
    },
  );
});

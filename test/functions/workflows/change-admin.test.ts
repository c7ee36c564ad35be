import { describe, expect, it } from 'vitest';
import { NotRecordable, NotRecorded } from '#aws/self-audit.ts';
import { Admins } from '#aws/state/admins.ts';
import type { AdminChange } from '#domain/access/admin.ts';
import { adminKey } from '#domain/access/layout.ts';
import type { SelfAuditEvent } from '#domain/access/self-audit-event.ts';
import { instantOfMilliseconds } from '#domain/time.ts';
import { type AdminWorld, advanceAdminChanges, changeAdmin } from '#functions/workflows/change-admin.ts';
import { countingBucket } from '#test/support/counting-client.ts';
import { collect } from '#test/support/world.ts';

const at = (n: number) => instantOfMilliseconds(Date.parse('2026-11-23T12:00:00Z') + n);
const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const user = { scopeId: 'acme', userId: 'u-1' };
const change = (n: number, type: AdminChange['type'] = 'grant'): AdminChange => ({
  id: uuid(n),
  type,
  at: at(n),
  role: 'operator',
  principal: 'p',
});

const open = () => {
  const { state, stored, put, cost } = countingBucket();
  const recorded: string[] = [];
  const world = (
    record: AdminWorld['selfAudit']['record'] = async ({ id }: SelfAuditEvent) => void recorded.push(id),
  ): AdminWorld => ({ admins: new Admins(state), selfAudit: { record } });
  const openChanges = () => collect(new Admins(state).openChanges());
  return { world, recorded, stored, put, cost, openChanges };
};
const failing = (error: Error) => () => Promise.reject(error);

describe('a change of admins', () => {
  it('reads the record of that user alone; one that the log can never hold is not made', async () => {
    const { world, put, cost, openChanges } = open();
    for (let n = 0; n < 100; n++)
      put(adminKey('acme', `u-${n}`), { scope_id: 'acme', user_id: `u-${n}`, is_admin: true, intent: null });
    const refusing = world(failing(new NotRecordable({ cause: 'x' })));
    const newUser = { scopeId: 'acme', userId: 'u-new' };
    await expect(changeAdmin(refusing, newUser, change(1))).rejects.toThrow(NotRecordable);
    expect(await advanceAdminChanges(refusing)).toEqual([]);
    expect(await openChanges()).toEqual([]);
    const { result, lists, gets } = await cost(() => changeAdmin(world(), newUser, change(2)));
    expect(result).toMatchObject({ is_admin: true, intent: null });
    expect([lists, gets]).toEqual([0, 3]);
  });

  it('that changes nothing is neither made nor recorded', async () => {
    const { world, recorded, stored } = open();
    expect(await changeAdmin(world(), user, change(1, 'revoke'))).toBeUndefined();
    expect(stored.size).toBe(0);
    const granted = await changeAdmin(world(), user, change(2));
    expect(await changeAdmin(world(), user, change(3))).toEqual(granted);
    expect(recorded).toEqual([uuid(2)]);
  });

  it('that the log does not take now is made by the next tick, once, by the same event', async () => {
    const { world, recorded, openChanges } = open();
    const unavailable = world(failing(new NotRecorded({ cause: 'throttled' })));
    await expect(changeAdmin(unavailable, user, change(1))).rejects.toThrow(NotRecorded);
    expect(await advanceAdminChanges(unavailable)).toEqual([expect.any(NotRecorded)]);
    expect(await openChanges()).toHaveLength(1);
    expect(await advanceAdminChanges(world())).toEqual([]);
    expect(await advanceAdminChanges(world())).toEqual([]);
    expect(recorded).toEqual([uuid(1)]);
    expect(await openChanges()).toEqual([]);
    expect((await world().admins.get('acme', 'u-1'))?.record).toMatchObject({ is_admin: true, intent: null });
  });

  it('follows the one before it, which stopped between its steps', async () => {
    const { world, recorded } = open();
    const unavailable = world(failing(new NotRecorded({ cause: 'throttled' })));
    await expect(changeAdmin(unavailable, user, change(1))).rejects.toThrow(NotRecorded);
    expect(await changeAdmin(world(), user, change(2, 'revoke'))).toMatchObject({ is_admin: false });
    expect(recorded).toEqual([uuid(1), uuid(2)]);
  });

  it('of a user whose record is damaged stops no other', async () => {
    const { world, recorded, stored } = open();
    const unavailable = world(failing(new NotRecorded({ cause: 'throttled' })));
    for (const n of [1, 2])
      await expect(
        changeAdmin(unavailable, { scopeId: 'acme', userId: `u-${n}` }, change(n)),
      ).rejects.toThrow(NotRecorded);
    stored.set(adminKey('acme', 'u-1'), Buffer.from('{'));
    expect(await advanceAdminChanges(world())).toEqual([
      expect.objectContaining({ name: 'UnreadableRecord' }),
    ]);
    expect(recorded).toEqual([uuid(2)]);
  });
});

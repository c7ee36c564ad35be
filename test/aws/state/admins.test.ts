import { describe, expect, it } from 'vitest';
import { Admins } from '#aws/state/admins.ts';
import type { AdminRecord } from '#domain/access/admin.ts';
import { adminKey } from '#domain/access/layout.ts';
import { instantOfMilliseconds } from '#domain/time.ts';
import { countingBucket } from '#test/support/counting-client.ts';

const at = instantOfMilliseconds(Date.parse('2026-11-23T12:00:00Z'));

describe('reading the admins of a scope', () => {
  const open = (admins: number) => {
    const { state, put, cost } = countingBucket();
    for (let n = 0; n < admins; n++)
      put(adminKey('acme', `u-${n}`), {
        scope_id: 'acme',
        user_id: `u-${n}`,
        is_admin: n % 5 !== 0,
        changed_at: at,
        changed_by: 'p',
        intent: null,
      } satisfies AdminRecord);
    put(adminKey('other', 'u-1'), {});
    return { state, cost };
  };

  it('takes a page at a time: every admin is on one, once; those who were revoked are on none', async () => {
    const { state, cost } = open(1000);
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await cost(() => new Admins(state).page('acme', 300, cursor));
      found.push(...page.result.admins.map(({ user_id }) => user_id));
      expect(page.lists).toBe(1);
      expect(page.gets).toBeLessThanOrEqual(300);
      expect(page.keysListed).toBeLessThanOrEqual(301);
      expect(page.mostAtOnce).toBeLessThanOrEqual(16);
      cursor = page.result.cursor;
    } while (cursor !== undefined);
    expect(found).toHaveLength(800);
    expect(new Set(found).size).toBe(800);
    expect(found).not.toContain('u-5');
  });
});

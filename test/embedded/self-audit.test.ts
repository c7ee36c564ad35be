import { describe, expect, it } from 'vitest';
import { startServer } from '#test/support/server.ts';

describe('what the log says of itself', () => {
  it('is recorded once, also if tick looks after it while it is being done', async () => {
    const { admin, exportLog } = await startServer({ tickMs: 1 });
    const users = Array.from({ length: 60 }, (_, n) => `u-${n}`);
    for (const user of users) await admin('acme', user);
    const { whole, own } = await exportLog({}, 'operator');
    expect(own.filter(({ action }) => action === 'audit_log.admin.grant')).toHaveLength(users.length);
    expect(whole.duplicates).toBe(0);
  });
});

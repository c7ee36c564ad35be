import { describe, expect, it } from 'vitest';
import { NotRecordable, NotRecorded, SelfAudit } from '#aws/self-audit.ts';
import type { PutOutcome } from '#aws/stream.ts';
import type { SelfAuditEvent } from '#domain/access/self-audit-event.ts';
import { bucketOf } from '#domain/archive/bucket.ts';
import type { Pack } from '#domain/archive/pack.ts';

const event: SelfAuditEvent = {
  action: 'admin.grant',
  id: '00000000-0000-4000-8000-000000000001',
  at: '2026-11-23T12:00:00.000000000Z',
  actor: { id: 'annals', type: 'service' },
  target: { id: 'u-1', type: 'user' },
  scopeId: 'acme',
  success: true,
  payload: {},
  via: undefined,
};
const position = { shard: 's', sequence: '1' };
const open = (outcome: (packs: readonly Pack[]) => Promise<PutOutcome>) => {
  const put: number[][] = [];
  const stream = {
    put: (packs: readonly Pack[]) => {
      put.push(packs.map(({ bucket }) => bucket));
      return outcome(packs);
    },
  };
  return { put, audit: new SelfAudit(stream, 32, () => Date.parse(event.at)) };
};

describe('what Annals records of itself', () => {
  it('goes to the bucket of its scope, once if it is recorded twice at once', async () => {
    const { put, audit } = open(async packs => ({ positions: packs.map(() => position), reason: undefined }));
    await Promise.all([audit.record(event), audit.record(event)]);
    expect(put).toEqual([[bucketOf('acme', 32)]]);
  });

  it('throws if the stream does not take it, and is tried again the next time', async () => {
    let isAway = true;
    const { put, audit } = open(async packs =>
      isAway
        ? { positions: packs.map(() => undefined), reason: 'Throttled' }
        : { positions: packs.map(() => position), reason: undefined },
    );
    await expect(audit.record(event)).rejects.toThrow(NotRecorded);
    isAway = false;
    await audit.record(event);
    expect(put).toHaveLength(2);
  });

  it('throws another error if no row can ever hold it', async () => {
    const { put, audit } = open(async () => ({ positions: [], reason: undefined }));
    await expect(audit.record({ ...event, scopeId: '' })).rejects.toThrow(NotRecordable);
    expect(put).toEqual([]);
  });
});

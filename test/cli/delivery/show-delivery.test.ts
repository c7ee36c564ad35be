import { expect, it } from 'vitest';
import { recordOfDelivery, rowOfDelivery, setUpOf } from '#cli/delivery/show-delivery.ts';
import { printDelivery } from '#domain/deliver/print-delivery.ts';
import { firstProgress } from '#domain/deliver/progress.ts';
import { openDeliverWorld } from '#test/support/deliver-world.ts';

const from = '2026-11-26T10:00:00.000000000Z';
const clock = { nowMs: Date.parse(from), completeTo: undefined, stallSeconds: 900 };
const s3 = {
  type: 's3',
  bucket: 'acme-logs',
  prefix: 'audit',
  region: 'eu-central-1',
  role_arn: 'arn:aws:iam::111122223333:role/annals',
} as const;

it('shows a bucket with its external id and, until a test has passed, the policies to copy', async () => {
  const { create } = await openDeliverWorld();
  const made = await create('siem', { from, destination: s3, requested_by: 'u-1' });
  const shown = printDelivery(made, undefined, clock, '999999999999');
  expect(rowOfDelivery(shown)).toMatchObject({ state: 'pending', destination: 's3://acme-logs/audit' });
  expect(recordOfDelivery(shown)).toMatchObject({
    region: 'eu-central-1',
    role: s3.role_arn,
    'external id': 'x',
    owner: 'u-1',
    actions: 'all',
  });
  const text = setUpOf(shown).join('\n');
  for (const part of ['arn:aws:iam::999999999999:root', '"sts:ExternalId": "x"', 'acme-logs/audit/*'])
    expect(text).toContain(part);
  expect(text).toContain('annals delivery test siem --scope acme');
  expect(setUpOf(printDelivery(made, undefined, clock))).toEqual([]);
  const tested = { ...firstProgress(from), tested_at: from };
  expect(setUpOf(printDelivery(made, tested, clock, '999999999999'))).toEqual([]);
});

it('shows the names of headers, and whether a secret is rotated', async () => {
  const { create } = await openDeliverWorld();
  const destination = { type: 'https', url: 'https://a.example/', header_names: ['x-a'] } as const;
  const shown = async (id: string, live_secrets?: number) => {
    const made = await create(id, { from, destination: { ...destination, live_secrets } });
    return recordOfDelivery(printDelivery(made, undefined, clock));
  };
  expect(await shown('a', 1)).toMatchObject({ headers: 'x-a', secrets: 'one' });
  expect(await shown('b', 2)).toMatchObject({ secrets: expect.stringContaining('--end-rotation') });
  expect(await shown('c')).not.toHaveProperty('secrets');
});

import { describe, expect, it } from 'vitest';
import { connectionOver } from '#cli/connection.ts';
import { resolveKey, resolveSender } from '#cli/refused/open-items.ts';

const arn = (name: string, account = '000000000000') => `arn:aws:iam::${account}:role/${name}`;
const items = [
  { key: 'abcdef'.padEnd(64, '1'), sender: arn('annals-emitter') },
  { key: 'abcdef'.padEnd(64, '2'), sender: arn('annals-emitter') },
  { key: '012345'.padEnd(64, '3'), sender: arn('Billing', '111122223333') },
  { key: '567890'.padEnd(64, '4'), sender: arn('Billing', '444455556666') },
];
const connection = connectionOver({
  urlOfLink: link => link,
  fetch: async () => Response.json({ items, cursor: null }),
});

describe('an open item', () => {
  it('is found by its key, its beginning, or its beginning and end', async () => {
    const key = items[1]!.key;
    expect(await resolveKey(connection, 'f'.repeat(64))).toBe('f'.repeat(64));
    expect(await resolveKey(connection, '012345')).toBe(items[2]!.key);
    expect(await resolveKey(connection, 'abcdef…222222')).toBe(key);
  });

  it.each([
    ['abcdef', 'Several open items match the key "abcdef"'],
    ['ffffff', 'No open item matches the key "ffffff"'],
  ])('is not guessed: %s', async (key, message) => {
    await expect(resolveKey(connection, key)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining(message),
    });
  });

  it('is found by its sender as a table shows it, or by the ARN, and not guessed', async () => {
    expect(await resolveSender(connection, 'emitter')).toBe(arn('annals-emitter'));
    expect(await resolveSender(connection, arn('Nobody'))).toBe(arn('Nobody'));
    await expect(resolveSender(connection, 'Billing')).rejects.toMatchObject({
      exitCode: 2,
      message: 'Several senders have the name "Billing"; name the sender by its ARN',
    });
    await expect(resolveSender(connection, 'nobody')).rejects.toMatchObject({ exitCode: 2 });
  });
});

import { expect, it } from 'vitest';
import { connect } from '#cli/connection.ts';
import { putDelivery } from '#cli/delivery/put-delivery.ts';
import { startServer } from '#test/support/server.ts';

const directory = (path: string) => ({ destination: { type: 'directory', path } });

it('makes a delivery that begins with old events once a person has seen how many, and said yes', async () => {
  const { url, keys, call } = await startServer();
  const connection = await connect({ url, token: keys.operator, json: true }, 'operator');
  const path = '/v1/scopes/acme/deliveries/old';
  const asked: string[] = [];
  const set = (answer: boolean | undefined) =>
    putDelivery(
      connection,
      path,
      { ...directory('a'), from: '2020-01-01' },
      {
        ask: async question => {
          asked.push(question);
          return answer;
        },
      },
    );
  await expect(set(undefined)).rejects.toThrow('repeat it with --yes');
  await expect(set(false)).rejects.toThrow('The delivery was not made');
  expect((await call('operator', path)).status).toBe(404);
  expect(await set(true)).toMatchObject({ state: 'pending', from: '2020-01-01T00:00:00.000000000Z' });
  expect(asked).toHaveLength(3);
  expect(asked[0]).toMatch(
    /would begin with \d+ events? \(.*\) that were filed since 2020-01-01T.* Send them\?/,
  );
  // It exists, so there is nothing to ask.
  expect(await set(undefined)).toMatchObject({ id: 'old' });
  expect(asked).toHaveLength(3);
});

it('says what else is wrong as it is', async () => {
  const { url, keys } = await startServer();
  const connection = await connect({ url, token: keys.operator, json: true }, 'operator');
  const path = '/v1/scopes/acme/deliveries/fixed';
  await putDelivery(connection, path, directory('a'), {});
  await expect(putDelivery(connection, path, directory('b'), {})).rejects.toThrow('destination_fixed');
});

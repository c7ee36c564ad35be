import { expect, it } from 'vitest';
import { type DeliveriesWorld, ofChange, ofDelivery } from '#functions/http/delivery-calls.ts';
import { ofScope } from '#functions/http/scope-call.ts';
import { deliveriesOf } from '#test/support/deliveries-world.ts';
import { memoryBucket } from '#test/support/memory-bucket.ts';

it('names what is wrong with a path before anything is looked up', async () => {
  const world = { ...deliveriesOf(memoryBucket('state').objects) } as unknown as DeliveriesWorld;
  const call = (scope_id: string, id: string) => ({
    caller: { role: 'operator' as const, principal: 'o' },
    event: {
      routeKey: '',
      headers: {},
      isBase64Encoded: false,
      pathParameters: { scope_id, id },
      requestContext: { requestId: 'r', http: { sourceIp: '192.0.2.1' } },
    },
  });
  const codeOf = async (answer: Promise<{ body: string }> | { body: string }) =>
    (JSON.parse((await answer).body) as { code: string }).code;
  const never = () => expect.fail('not reached');
  expect(await codeOf(ofScope<DeliveriesWorld>(never)(world, call('~!', 'd')))).toBe('invalid_id');
  expect(await codeOf(ofDelivery(never)(world, call('acme', '~!')))).toBe('invalid_id');
  expect(await codeOf(ofChange(never)(world, call('acme', 'none')))).toBe('not_found');
});

import { describe, expect, it } from 'vitest';
import { startWithWire } from './installation.ts';

/** What otlphttp sends: one object of all its logs, or the same as protobuf. */
const logs = JSON.stringify({
  resourceLogs: [
    { resource: {}, scopeLogs: [{ logRecords: [{ timeUnixNano: '1', body: { stringValue: 'x' } }] }] },
  ],
});
const protobuf = Buffer.from([0x0a, 0x0e, 0x12, 0x0c, 0x12, 0x0a, 0x2a, 0x03, 0x0a, 0x01, 0x78, 0xff]);

describe('OTLP', () => {
  it.each([
    ['JSON', 'application/json', Buffer.from(logs)],
    ['protobuf', 'application/x-protobuf', protobuf],
  ])('as %s is not an event: it is kept as one refused item, and answered 200', async (_, type, body) => {
    const { call, openItems, storedNames } = await startWithWire();
    const answer = await call('emitter', '/v1/events?refused=keep', {
      method: 'POST',
      headers: { 'content-type': type },
      body,
    });
    expect(answer.status).toBe(200);
    await expect.poll(openItems).toMatchObject([{ kept: 'whole', end: null }]);
    expect(await storedNames()).toEqual([]);
  });
});

import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { deliveryChangeOf, type SetOptions } from '#cli/delivery/delivery-change.ts';

const changeOf = (options: SetOptions, environment: Record<string, string> = {}, input = '') =>
  deliveryChangeOf(options, { environment, input: Readable.from(input === '' ? [] : [input]) });
const destinationOf = async (...given: Parameters<typeof changeOf>) => (await changeOf(...given)).destination;

describe('a change of a delivery', () => {
  it('names what the options name, and nothing else', async () => {
    const sent = JSON.stringify(await changeOf({}));
    expect(sent).toBe('{}');
    const options = { format: 'ocsf', action: 'user.*', requestedBy: 'u-1', paused: true, reason: 'r' };
    expect(JSON.parse(JSON.stringify(await changeOf(options)))).toEqual({
      format: 'ocsf',
      filter: { action: 'user.*' },
      requested_by: 'u-1',
      paused: true,
      reason: 'r',
    });
    expect((await changeOf({ action: '' })).filter).toBeNull();
  });

  it('has a destination of each type', async () => {
    expect(await destinationOf({ directory: 'acme' })).toEqual({ type: 'directory', path: 'acme' });
    const bucket = { bucket: 'acme-logs', region: 'eu-central-1', role: 'arn' };
    const s3 = { type: 's3', bucket: 'acme-logs', region: 'eu-central-1', role_arn: 'arn' };
    expect(await destinationOf(bucket)).toEqual(s3);
    expect(await destinationOf({ ...bucket, prefix: 'audit' })).toEqual({ ...s3, prefix: 'audit' });
    expect(await destinationOf({ https: 'https://a.example/', preset: 'otlp' })).toEqual({
      type: 'https',
      url: 'https://a.example/',
      preset: 'otlp',
    });
  });

  it('wants everything of a bucket', async () => {
    await expect(changeOf({ bucket: 'acme-logs', region: 'eu-central-1' })).rejects.toThrow(
      'Expected --region and --role with --bucket',
    );
    await expect(changeOf({ role: 'arn' })).rejects.toThrow('Expected --bucket with --prefix');
  });

  it('has secrets from standard input or from variables, and removes them', async () => {
    const variables = { ANNALS_DELIVERY_SECRET: 'from-variable', ANNALS_DELIVERY_HEADERS: '{"x-a":"1"}' };
    expect(await destinationOf({}, variables)).toEqual({
      type: 'https',
      secret: 'from-variable',
      headers: { 'x-a': '1' },
    });
    const removed = { removeHeader: ['X-A', 'x-b'], endRotation: true };
    expect(await destinationOf({ ...removed, secretStdin: true }, variables, 'from stdin \n')).toEqual({
      type: 'https',
      secret: 'from stdin ',
      previous_secret: null,
      headers: { 'x-a': null, 'x-b': null },
    });
    expect(await destinationOf({ removeSecret: true })).toEqual({ type: 'https', secret: null });
    // Another destination has none.
    expect(await destinationOf({ directory: 'acme' }, variables)).toEqual({
      type: 'directory',
      path: 'acme',
    });
  });

  it('says what is wrong with a secret, and quotes nothing of it', async () => {
    await expect(changeOf({ secretStdin: true })).rejects.toThrow('got nothing');
    await expect(changeOf({ secretStdin: true }, {}, 'canary'.repeat(1000))).rejects.toThrow(
      /^(?!.*canary).*512/,
    );
    const terminal = Object.assign(Readable.from([]), { isTTY: true });
    await expect(
      deliveryChangeOf({ secretStdin: true }, { environment: {}, input: terminal }),
    ).rejects.toThrow('< secret.txt');
    await expect(changeOf({}, { ANNALS_DELIVERY_HEADERS: 'canary' })).rejects.toThrow(/^(?!.*canary).*JSON/);
  });
});

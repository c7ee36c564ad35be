import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { requireInstallation } from '#aws/state/installation.ts';
import { annals } from '#test/support/annals.ts';
import { openBuckets } from '#test/support/world.ts';
import { openEndpoint } from './aws-endpoint.ts';

describe('annals --stack check', () => {
  it('reads the places that the stack names, with the credentials of the caller, and no other', async () => {
    const { ledger, state, s3 } = await openBuckets();
    await requireInstallation(state, { buckets: 32, ledger: 'ledger' });
    await ledger.create('events/x', Buffer.from('x'));
    let isAllowed = true;
    const endpoint = await openEndpoint({
      kinesis: undefined as never,
      s3: s3 as never,
      athena: undefined as never,
      lambda: () => undefined,
      mayCall: (caller, { action }) =>
        isAllowed && caller === 'auditor' && ['s3:GetObject', 's3:ListBucket'].includes(action),
    });
    const outputs = ['Ledger', 'State', 'Views', 'Aside'].map(
      name =>
        `<member><OutputKey>${name}Bucket</OutputKey><OutputValue>${name.toLowerCase()}</OutputValue></member>`,
    );
    const cloudFormation = createServer((_, response) => {
      response.setHeader('content-type', 'text/xml');
      response.end(
        '<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>' +
          `Annals</StackName><Outputs>${outputs.join('')}</Outputs></member></Stacks>` +
          '</DescribeStacksResult></DescribeStacksResponse>',
      );
    });
    await new Promise<void>(resolve => cloudFormation.listen(0, '127.0.0.1', resolve));
    onTestFinished(async () => {
      cloudFormation.closeAllConnections();
      cloudFormation.close();
      await endpoint.close();
    });
    const run = () =>
      annals(['--stack', 'Annals', 'check', '--json'], '', {
        ...endpoint.environment,
        AWS_ENDPOINT_URL_CLOUDFORMATION: `http://127.0.0.1:${(cloudFormation.address() as AddressInfo).port}`,
        AWS_REGION: 'eu-west-1',
        AWS_ACCESS_KEY_ID: 'auditor',
        AWS_SECRET_ACCESS_KEY: 'secret',
      });
    const { code, out } = await run();
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ objects: 1, findings: { foreign_object: { count: 1 } } });
    isAllowed = false;
    const denied = await run();
    expect(denied).toMatchObject({ code: 3, out: '' });
    expect(denied.err).toContain('The ledger could not be checked');
  });
});

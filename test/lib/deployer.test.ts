/** What docs/deploy.md says that a deployer has to be allowed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { synthesize } from './synth.ts';

const root = join(import.meta.dirname, '../..');
const [, section] = readFileSync(join(root, 'docs/deploy.md'), 'utf8').split('## Who may deploy') as [
  string,
  string,
];
const listed = new Map(
  [...section.split('\n## ')[0]!.matchAll(/^\| `(\w+::[\w:]+)` \| (.*) \|$/gm)].map(([, type, actions]) => [
    type!,
    actions!.split(', ').map(action => action.replaceAll('`', '')),
  ]),
);

/** Every setting that adds a resource. */
const everything = {
  jwtIssuer: 'https://login.example.com',
  jwtAudience: 'page',
  pageClientId: 'page',
  apiDomain: 'api.example.com',
  apiCertificate: 'arn:aws:acm:eu-west-1:123456789012:certificate/0123abcd',
  emitterRoles: 'arn:aws:iam::999999999999:role/shop',
};

describe('what a deployer may do', () => {
  it('is listed for each type of resource that a stack can have, and for no other', async () => {
    const { resources } = await synthesize(everything, { pageFolder: join(root, 'test/fixtures/page') });
    const types = new Set(Object.values(resources).map(({ Type }) => Type));
    expect([...listed.keys()]).toEqual([...types].sort());
  });

  it.each([...listed])('names of %s actions, of its own service first', (type, actions) => {
    for (const action of actions) expect(action).toMatch(/^[a-z0-9]+:[A-Z][A-Za-z]+\*?$/);
    const services: Record<string, string> = { ApiGatewayV2: 'apigateway', CDKBucketDeployment: 'lambda' };
    const [, service] = type.split('::') as [string, string];
    expect(actions[0]!.split(':')[0]).toBe(services[service] ?? service.toLowerCase());
  });
});

/**
 * The template, read by cfn-lint: it has the schemas of CloudFormation's resource types and knows which of
 * them exist in a region.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faultOfRegion, regionsWithoutFunctionUrls } from '#lib/region.ts';
import { synthesize } from '#test/lib/synth.ts';
import { cached } from '../cache.ts';
import { findPython, requireTools } from '../tools.ts';
import { versions } from '../versions.ts';
import { account, region } from './emulator.ts';

const run = promisify(execFile);
const here = import.meta.dirname;

/** Rules that are not followed, each with the reason. */
const ignored = {
  W3005: 'CDK makes each function depend on its role, which the reference to the role says already',
};

let packages: string;
let directory: string;
let known: string[];
const lint = (given: readonly string[]) =>
  run(findPython()!, [join(here, 'cfn_lint.py'), ...given], { env: { PYTHONPATH: packages } });

beforeAll(async () => {
  requireTools('deploy');
  packages = await cached('cfn-lint', versions.cfnLint, async folder => {
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps'];
    const requirements = join(here, 'cfn-lint-requirements.txt');
    await run(findPython()!, [...pip, '--target', folder, '--requirement', requirements]);
  });
  directory = await mkdtemp(join(tmpdir(), 'annals-conformance-lint-'));
  known = (await lint(['--known-regions'])).stdout.trim().split('\n');
});
afterAll(async () => {
  if (directory !== undefined) await rm(directory, { recursive: true, force: true });
});

/** The findings about a template in these regions, each as a rule and a message. */
const findings = async (settings: Record<string, unknown>, regions: readonly string[]): Promise<string[]> => {
  const { template } = await synthesize(settings, { pageFolder: join(here, '../../fixtures/page') });
  const file = join(directory, 'template.json');
  await writeFile(file, JSON.stringify(template.toJSON()));
  const rules = Object.keys(ignored);
  const given = [
    '--format',
    'json',
    '--ignore-checks',
    ...rules,
    '--regions',
    ...regions,
    '--template',
    file,
  ];
  // It ends with another code than 0 if it finds anything.
  const { stdout } = await lint(given).catch(error => error as { stdout: string });
  const found = JSON.parse(stdout) as { Rule: { Id: string }; Message: string }[];
  return found.map(({ Rule, Message }) => `${Rule.Id}: ${Message}`);
};

const role = (name: string) => `arn:aws:iam::${account}:role/${name}`;
const roles = { operatorRoles: role('Operator'), supportRoles: role('Support') };

describe('the template', () => {
  it.each([
    ['as docs/deploy.md deploys it', roles],
    [
      'with what may be added',
      {
        ...roles,
        jwtIssuer: 'https://login.example.com',
        jwtAudience: 'annals,page',
        pageClientId: 'page',
        pageDomain: 'audit.example.com',
        pageCertificate: `arn:aws:acm:us-east-1:${account}:certificate/11111111-2222-3333-4444-555555555555`,
        lockMode: 'compliance',
        breakGlassRole: role('BreakGlass'),
        streamMode: 'provisioned',
        shards: 2,
        directoryFunction: `arn:aws:lambda:${region}:${account}:function:admins`,
        alarmTopic: `arn:aws:sns:${region}:${account}:alarms`,
        notificationTopic: `arn:aws:sns:${region}:${account}:exports`,
        notificationKey: `arn:aws:kms:${region}:${account}:key/11111111-2222-3333-4444-555555555555`,
      },
    ],
  ])('has no finding in any region that is not refused: %s', async (_, settings) => {
    const regions = known.filter(name => faultOfRegion(name) === undefined);
    expect(regions.length).toBeGreaterThan(20);
    expect(await findings(settings, regions)).toEqual([]);
  });

  it('has one in each refused region, but for Spain: the type exists there, the service does not', async () => {
    const found = await findings({}, regionsWithoutFunctionUrls);
    const lacking = regionsWithoutFunctionUrls.filter(name => name !== 'eu-south-2');
    expect(found.sort()).toEqual(
      lacking.map(name => `E3006: Resource type 'AWS::Lambda::Url' does not exist in '${name}'`).sort(),
    );
  });
});

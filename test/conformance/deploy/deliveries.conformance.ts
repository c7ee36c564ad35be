/**
 * Deliveries into the buckets of customers, each in an account of its own: made by the command line of
 * docs/delivery.md, tested, and handed over by the deployed function under its own role. The tests follow one another.
 * What is not tried here: an HTTPS receiver, since all that the suite has are on loopback, which no setting allows.
 */
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { requireTools } from '../tools.ts';
import { type CustomerAccount, openAccount } from './customer-account.ts';
import { account, type Emulator, region, startEmulator } from './emulator.ts';
import { readBlocks, readFences } from './fences.ts';
import {
  type ApiCall,
  type Ended,
  makeRoles,
  must,
  openShell,
  outcomesOf,
  outputsOf,
  prepare,
  resourcesOf,
  type Shell,
  takeRoles,
} from './installation.ts';

/** The account of the customer, and one of somebody else. */
const [customerId, otherId] = ['444455556666', '777788889999'];
const roleOf = (id: string, name = 'annals'): string => `arn:aws:iam::${id}:role/${name}`;

let emulator: Emulator;
let shell: Shell;
let customer: CustomerAccount;
beforeAll(async () => {
  requireTools('deploy');
  emulator = await startEmulator();
  await prepare(emulator);
  shell = openShell(emulator);
  await must(shell('npx cdk bootstrap'));
  const [line] = (await readFences('deploy.md')).get('First deploy')!;
  await must(shell(`${line!.replace('npm ci && ', '')} --require-approval never`));
  const outputs = await outputsOf(emulator);
  await makeRoles(emulator, [
    { name: 'Service', profile: 'emitter', policies: [outputs.EmittersPolicy!] },
    { name: 'Operator', profile: 'operator', policies: [outputs.StaffPolicy!] },
  ]);
  customer = await openAccount(emulator, customerId);
  await customer.makeBucket('acme-logs');
  await customer.makeRole('annals', JSON.parse((await policies())[1]) as object);
  await customer.makeRole('wide', { Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }] });
});
afterAll(() => emulator?.stop());

const annals = (profile: string, command: string, input = ''): Promise<Ended> =>
  shell(`npm run --silent annals -- --stack Annals ${command}`, input, profile);

type Shown = {
  state: string;
  principal: string;
  external_id: string;
  stopped: { code: string } | null;
  health: { rows: number; runs: number };
};

/** Makes a delivery by the command line of the docs. */
const setDelivery = async (scope: string, bucket: string, role: string): Promise<Shown> => {
  await must(annals('operator', `admin grant --scope ${scope} --user u-17`));
  const line = (await readBlocks('delivery.md'))
    .get('Buckets')![0]!
    .replace(/^annals /, 'npm run --silent annals -- ')
    .replace('--scope acme', `--scope ${scope}`)
    .replace('acme-logs', bucket)
    .replace(/arn:aws:iam::\d+:role\/annals/, role);
  const { out } = await must(shell(`${line} --json`, '', 'operator'));
  return JSON.parse(out) as Shown;
};

const show = async (scope: string): Promise<Shown> =>
  JSON.parse((await must(annals('operator', `delivery show archive --scope ${scope} --json`))).out) as Shown;

/** What a test of the delivery says: `done`, or the code of what is wrong. */
const testOf = async (scope: string): Promise<string> => {
  const { out } = await annals('operator', `delivery test archive --scope ${scope} --json`);
  const { ok, code } = JSON.parse(out) as { ok: boolean; code: string | null };
  return ok ? 'done' : code!;
};

/** The policies of the docs: who may assume the role, and what it may do. */
const policies = async (): Promise<[trust: string, rights: string]> =>
  (await readBlocks('delivery.md', 'json')).get('Buckets') as [string, string];
const trustOf = async (externalId: string): Promise<object> => {
  const [trust] = await policies();
  return JSON.parse(trust.replace('999999999999', account).replace('…', externalId)) as object;
};

let externalId: string;
it('refuses a role that does not demand the external id, or demands another', async () => {
  const made = await setDelivery('acme', 'acme-logs', roleOf(customerId));
  expect(made).toMatchObject({ state: 'pending', principal: `arn:aws:iam::${account}:root` });
  externalId = made.external_id;
  expect(await testOf('acme')).toBe('role_open');
  await customer.trust('annals', await trustOf('another'));
  expect(await testOf('acme')).toBe('role_not_assumable');
  expect((await show('acme')).state).toBe('pending');
  expect(await customer.keys('acme-logs')).toEqual([]);
});

it('takes a role with the trust policy of the docs', async () => {
  await customer.trust('annals', await trustOf(externalId));
  expect(await testOf('acme')).toBe('done');
  expect((await show('acme')).state).toBe('active');
});

it('refuses a role of the account of the installation, by the delivery and by the role of the function', async () => {
  await setDelivery('own', 'acme-logs', roleOf(account));
  expect(await testOf('own')).toBe('own_account');
  const roles = (await resourcesOf(emulator, 'Annals', 'AWS::IAM::Role')).filter(name =>
    /(Deliver|Manage|Export)Function/.test(name),
  );
  await takeRoles(emulator, roles);
  // Roles that trust everybody in the account; the customer's trusts those who know the external id.
  await makeRoles(emulator, [{ name: 'annals', profile: 'own', policies: [] }]);
  const calls = roles.flatMap(role => [account, customerId].map(id => [role, roleOf(id)] as const));
  const outcomes = await outcomesOf(
    emulator,
    calls.map(([role, RoleArn]): ApiCall => {
      const named = { RoleArn, RoleSessionName: 'test', ExternalId: externalId };
      return [role, 'sts', 'assume_role', named];
    }),
  );
  const allowed = calls.filter((_, at) => outcomes[at] === 'allowed');
  expect(allowed.map(([role, taken]) => [/(\w+)Function/.exec(role)![1], taken]).sort()).toEqual([
    ['Deliver', roleOf(customerId)],
    ['Manage', roleOf(customerId)],
  ]);
});

it('gives the session of a delivery its own place alone, though the role may do everything', async () => {
  const [role] = (await resourcesOf(emulator, 'Annals', 'AWS::IAM::Role')).filter(name =>
    name.includes('DeliverFunction'),
  );
  const destination = {
    type: 's3',
    bucket: 'acme-logs',
    prefix: 'session',
    region,
    role_arn: roleOf(customerId, 'wide'),
  };
  await customer.trust('wide', await trustOf(externalId));
  const given = JSON.stringify({ destination, place: 'annals/i/scope=s/', externalId });
  const script = 'node --import tsx test/conformance/deploy/session.ts';
  const { out } = await must(shell(`${script} '${given}'`, '', role));
  expect(JSON.parse(out)).toEqual(['allowed', 'allowed', ...Array(4).fill('AccessDenied')]);
});

type Line = { id: string; action: string; target: { id: string } };
type Manifest = { run: number; rows: number; parts: { key: string; sha256: string }[] };
/** What the bucket of the customer has: the lines of all objects in the order of their runs, and the manifests. */
const delivered = async () => {
  const keys = (await customer.keys('acme-logs')).filter(key => key.startsWith('audit/')).sort();
  const read = (isWanted: (key: string) => boolean) =>
    Promise.all(keys.filter(isWanted).map(key => customer.read('acme-logs', key)));
  const parts = await read(key => key.endsWith('.ndjson.gz'));
  const manifests = await read(key => key.endsWith('-manifest.json'));
  const lines = parts.flatMap(part => gunzipSync(part).toString().trimEnd().split('\n'));
  return {
    lines: lines.map(line => JSON.parse(line) as Line),
    manifests: manifests.map(text => JSON.parse(text.toString()) as Manifest),
    parts: parts.length,
  };
};

const count = 120;
const send = (from: number, to: number): Promise<Ended> => {
  const events = Array.from({ length: to - from }, (_, n) =>
    JSON.stringify({
      action: 'context.create',
      actor: { id: 'u-17', type: 'user' },
      target: { id: `c-${from + n}`, type: 'context' },
      scope: { id: 'acme', type: 'account' },
      success: true,
    }),
  );
  return must(annals('emitter', 'send -', `${events.join('\n')}\n`));
};

it('hands over each event once, by the deployed function under its own role', async () => {
  const wanted = Array.from({ length: count }, (_, n) => `c-${n}`);
  const sent = async () =>
    (await delivered()).lines
      .filter(({ action }) => action === 'context.create')
      .map(({ target }) => target.id);
  for (const [from, to] of [
    [0, 50],
    [50, count],
  ] as const) {
    await send(from, to);
    // The function runs every minute.
    await vi.waitFor(async () => expect(await sent()).toEqual(wanted.slice(0, to)), {
      timeout: 240_000,
      interval: 5000,
    });
  }
  const { lines, manifests, parts } = await delivered();
  expect(new Set(lines.map(({ id }) => id)).size).toBe(lines.length);
  expect(manifests.map(({ run }) => run)).toEqual(manifests.map((_, at) => at + 1));
  expect(manifests.flatMap(manifest => manifest.parts)).toHaveLength(parts);
  expect((await show('acme')).health).toMatchObject({ rows: lines.length, runs: manifests.length });
});

it('writes nothing into a bucket of another account, though that lets the role write', async () => {
  const other = await openAccount(emulator, otherId);
  await other.makeBucket('other-logs', {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${customerId}:root` },
        Action: 's3:*',
        Resource: ['arn:aws:s3:::other-logs', 'arn:aws:s3:::other-logs/*'],
      },
    ],
  });
  const { external_id } = await setDelivery('initech', 'other-logs', roleOf(customerId, 'wide'));
  await customer.trust('wide', await trustOf(external_id));
  expect(await testOf('initech')).toBe('bucket_of_another_owner');
  expect(await other.keys('other-logs')).toEqual([]);
});

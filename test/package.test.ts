/** The package of the server, tried as its user would: from the tarball, in a folder that has nothing else. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { eventText } from '#test/support/builders.ts';
import { eventually } from '#test/support/eventually.ts';
import { readIfThere } from '#test/support/installation-process.ts';
import { installPackage, packServer, productionOnly } from '#test/support/installed-package.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const root = join(import.meta.dirname, '..');
const run = promisify(execFile);

let packed: string;
let tarball: string;
beforeAll(async () => {
  packed = await mkdtemp(join(tmpdir(), 'annals-test-'));
  tarball = await packServer(packed);
});
afterAll(() => rm(packed, { recursive: true, force: true }));

describe('the package of the server', () => {
  it('holds what runs and what is read, and neither tests nor sources of the page or the stack', async () => {
    const { stdout } = await run('tar', ['tzf', tarball]);
    const files = stdout
      .trim()
      .split('\n')
      .map(name => name.replace('package/', ''));
    expect(files).toEqual(
      expect.arrayContaining(['cli/annals.js', 'dist/web/index.html', 'dist/cdk/cdk.js', 'docs/runbook.md']),
    );
    expect(files.filter(name => /^(test|bench|lib|tools|examples|node_modules)\/|\.tsx$/.test(name))).toEqual(
      [],
    );
  });

  it('starts by npx, takes an event, exports it, and serves the page', async () => {
    const folder = await temporaryDirectory();
    await writeFile(join(folder, 'package.json'), '{"name":"audit","private":true}');
    await installPackage(tarball, folder, productionOnly);
    const env = { PATH: process.env.PATH, HOME: folder, npm_config_offline: 'true' };
    const server = spawn('npx', ['--no-install', 'annals', 'start', '--port', '0', '--data', 'data'], {
      cwd: folder,
      env,
      stdio: 'ignore',
      detached: true,
    });
    onTestFinished(async () => {
      if (server.exitCode !== null) return;
      process.kill(-server.pid!, 'SIGTERM');
      await once(server, 'exit');
    });
    const { url, keys } = await eventually(() => {
      const started = readIfThere<{ url: string }>(join(folder, 'data', 'server.json'));
      const keys = readIfThere<Record<string, string>>(join(folder, 'data', 'keys.json'));
      expect(started).toBeDefined();
      return { url: started!.url, keys: keys! };
    });
    const annals = (...args: string[]) =>
      run('npx', ['--no-install', 'annals', ...args], { cwd: folder, env });
    const sent = await fetch(`${url}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${keys.emitter}`, 'content-type': 'application/json' },
      body: eventText({ scope: { id: 'acme', type: 'account' } }),
    });
    expect(sent.status).toBe(202);
    const operator = ['--data', 'data'];
    await annals('admin', 'grant', '--scope', 'acme', '--user', 'u-1', ...operator);
    await annals(
      ...['export', '--scope', 'acme', '--requested-by', 'u-1', '--reason', 'first look'],
      ...['--out', 'acme.csv', ...operator],
    );
    const [, ...rows] = (await readFile(join(folder, 'acme.csv'), 'utf8')).trim().split('\n');
    expect(rows.length).toBeGreaterThan(0);
    const page = await fetch(`${url}/`);
    const html = await page.text();
    expect({ status: page.status, html }).toMatchObject({
      status: 200,
      html: expect.stringContaining('<script'),
    });
    const [, script] = /<script[^>]* src="([^"]+)"/.exec(html)!;
    expect((await fetch(new URL(script!, `${url}/`))).status).toBe(200);
  });
});

type Resource = { Type: string; Properties: Record<string, unknown> };
type Statement = { Action: string | string[]; Resource: unknown; Condition: unknown };

describe('the app of the examples, with Annals as a package', () => {
  type Template = { Resources: Record<string, Resource>; Outputs: Record<string, { Value: unknown }> };
  let app: string;
  const templateOf = async (stack: string): Promise<Template> =>
    JSON.parse(await readFile(join(app, 'cdk.out', `${stack}.template.json`), 'utf8')) as Template;
  beforeAll(async () => {
    app = join(packed, 'app');
    await cp(join(root, 'examples', 'cdk-app'), app, { recursive: true });
    await installPackage(tarball, app, () => true);
    const env = { PATH: process.env.PATH, HOME: app, CDK_DISABLE_CLI_TELEMETRY: '1' };
    await run(process.execPath, [join(app, 'node_modules/aws-cdk/bin/cdk'), 'synth', '--quiet'], {
      cwd: app,
      env: { ...env, CDK_DISABLE_VERSION_CHECK: '1' },
    });
  });

  it('asks for the tarball of this version', async () => {
    const { dependencies } = JSON.parse(await readFile(join(app, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    expect(dependencies.annals).toBe(`file:./${basename(tarball)}`);
  });

  it('holds its types, without a loader for TypeScript', async () => {
    await run(process.execPath, [join(app, 'node_modules/typescript/bin/tsc'), '-p', '.'], { cwd: app });
    const load = `import('annals/cdk').then(({ AnnalsStack }) => { if (!AnnalsStack) throw new Error(); })`;
    await run(process.execPath, ['-e', load], { cwd: app });
  });

  it('has the same ledger as our own app, the functions as bundles, and the settings in an output', async () => {
    const { Resources, Outputs } = await templateOf('Annals');
    expect(Resources.StorageLedger5E7CB2E3).toMatchObject({ Type: 'AWS::S3::Bucket' });
    const bundles = Object.values(Resources)
      .filter(({ Type }) => Type === 'AWS::Lambda::Function')
      .map(({ Properties }) => (Properties.Code as { S3Key: string }).S3Key.replace(/\.zip$/, ''));
    expect(bundles.length).toBeGreaterThanOrEqual(9);
    for (const bundle of bundles)
      expect(await readdir(join(app, 'cdk.out', `asset.${bundle}`))).toContain('index.mjs');
    expect(JSON.parse(Outputs.Settings!.Value as string)).toMatchObject({
      operatorRoles: ['arn:aws:iam::111122223333:role/Operator'],
      catalogueWith: ['none'],
      buckets: 32,
    });
  });

  it('lets the other stack send events by the URL, and do nothing else', async () => {
    const { Resources } = await templateOf('Shop');
    const policies = Object.values(Resources).filter(({ Type }) => Type === 'AWS::IAM::Policy');
    const statements = policies.flatMap(
      ({ Properties }) => (Properties.PolicyDocument as { Statement: Statement[] }).Statement,
    );
    expect(statements.map(({ Action, Condition }) => ({ Action: [Action].flat(), Condition }))).toEqual([
      {
        Action: ['lambda:InvokeFunctionUrl'],
        Condition: { StringEquals: { 'lambda:FunctionUrlAuthType': 'AWS_IAM' } },
      },
      {
        Action: ['lambda:InvokeFunction'],
        Condition: { Bool: { 'lambda:InvokedViaFunctionUrl': 'true' } },
      },
    ]);
    for (const { Resource } of statements)
      expect(Resource).toEqual({
        'Fn::ImportValue': expect.stringMatching(/^Annals:.*ReceiveFunction.*Arn/),
      });
  });
});

/**
 * The account as its owner sets it up: the CDK command, roles with the policies that the stack makes, and a
 * profile of credentials for each of them.
 */
import { spawn } from 'node:child_process';
import { appendFile, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { account, type Emulator } from './emulator.ts';

export const root = join(import.meta.dirname, '..', '..', '..');

/**
 * A folder that has all of the checkout as links: a command line runs here as it would there, and what it
 * writes stays out of the checkout.
 */
const linkCheckout = async (folder: string): Promise<void> => {
  await mkdir(folder);
  for (const name of await readdir(root))
    if (name !== '.git' && name !== 'cdk.out') await symlink(join(root, name), join(folder, name));
};

/** Where the command lines run. */
export const checkoutOf = (emulator: Emulator): string => join(emulator.folder, 'checkout');

export type Ended = { code: number | null; out: string; err: string };
export type Shell = (command: string, input?: string, profile?: string) => Promise<Ended>;

/** Runs a command line in the checkout, as one who is logged in with the profile. */
export const openShell =
  (emulator: Emulator): Shell =>
  (command, input = '', profile = 'owner') =>
    new Promise((resolve, reject) => {
      const child = spawn('bash', ['-c', command], {
        cwd: checkoutOf(emulator),
        env: { ...emulator.environment, AWS_PROFILE: profile },
      });
      const ended: Ended = { code: null, out: '', err: '' };
      child.stdout.on('data', (chunk: Buffer) => {
        ended.out += chunk.toString();
      });
      child.stderr.on('data', (chunk: Buffer) => {
        ended.err += chunk.toString();
      });
      child.stdin.on('error', () => undefined);
      child.stdin.end(input);
      child.once('error', reject);
      child.once('close', code => resolve({ ...ended, code }));
    });

export const profileText = (name: string, id: string, secret: string, token?: string): string =>
  [
    `[${name}]`,
    `aws_access_key_id = ${id}`,
    `aws_secret_access_key = ${secret}`,
    ...(token === undefined ? [] : [`aws_session_token = ${token}`]),
    '',
  ].join('\n');

export const roleArn = (name: string): string => `arn:aws:iam::${account}:role/${name}`;

/** Prepares the checkout, the account's root user, and an administrator (`owner`), who deploys. */
export const prepare = async (emulator: Emulator): Promise<void> => {
  await linkCheckout(checkoutOf(emulator));
  await writeFile(emulator.environment.AWS_SHARED_CREDENTIALS_FILE!, profileText('root', account, 'test'));
  await writeFile(emulator.environment.AWS_CONFIG_FILE!, '');
  const policies = ['arn:aws:iam::aws:policy/AdministratorAccess'];
  await makeRoles(emulator, [{ name: 'Administrator', profile: 'owner', policies }]);
};

export type Role = {
  name: string;
  profile: string;
  policies: readonly string[];
  document?: object;
  /** Whether the stack made it: then it is only taken. */
  exists?: boolean;
};

/** Makes roles with these policies, and a profile with credentials of each. */
export const makeRoles = async (emulator: Emulator, roles: readonly Role[]): Promise<void> => {
  const script = join(import.meta.dirname, 'roles.py');
  const { out } = await must(openShell(emulator)(`python ${script}`, JSON.stringify(roles), 'root'));
  const credentials = JSON.parse(out) as Record<string, Record<string, string>>;
  for (const { name, profile } of roles) {
    const { AccessKeyId, SecretAccessKey, SessionToken } = credentials[name]!;
    await appendFile(
      emulator.environment.AWS_SHARED_CREDENTIALS_FILE!,
      profileText(profile, AccessKeyId!, SecretAccessKey!, SessionToken),
    );
  }
};

/** Makes profiles with credentials of roles that exist, whoever may take them otherwise. Profiles have their names. */
export const takeRoles = async (emulator: Emulator, names: readonly string[]): Promise<void> => {
  const roles = names.map(name => ({ name, profile: name, policies: [], exists: true }));
  await makeRoles(emulator, roles);
};

/** Resolves if the command succeeded, otherwise throws with all that it said. */
export const must = async (running: Promise<Ended>): Promise<Ended> => {
  const ended = await running;
  if (ended.code !== 0) throw new Error(`It ended with ${ended.code}: ${ended.out}\n${ended.err}`);
  return ended;
};

export const outputsOf = async (emulator: Emulator, stack = 'Annals'): Promise<Record<string, string>> => {
  const { out } = await must(
    openShell(emulator)(`aws cloudformation describe-stacks --stack-name ${stack} --output json`),
  );
  const { Stacks } = JSON.parse(out) as {
    Stacks: { Outputs: { OutputKey: string; OutputValue: string }[] }[];
  };
  return Object.fromEntries(Stacks[0]!.Outputs.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
};

/** The physical ids of a stack's resources of a type. */
export const resourcesOf = async (emulator: Emulator, stack: string, type: string): Promise<string[]> => {
  const { out } = await must(
    openShell(emulator)(`aws cloudformation list-stack-resources --stack-name ${stack} --output json`),
  );
  const { StackResourceSummaries } = JSON.parse(out) as {
    StackResourceSummaries: { ResourceType: string; PhysicalResourceId: string }[];
  };
  return StackResourceSummaries.filter(({ ResourceType }) => ResourceType === type).map(
    ({ PhysicalResourceId }) => PhysicalResourceId,
  );
};

/** A call of the AWS API: profile, service and method as boto3 names them, and arguments. */
export type ApiCall = readonly [profile: string, service: string, method: string, named: object];

/** What came of each call: `allowed`, or the code of the error. */
export const outcomesOf = async (emulator: Emulator, calls: readonly ApiCall[]): Promise<string[]> => {
  const script = join(import.meta.dirname, 'calls.py');
  const { out } = await must(openShell(emulator)(`python ${script}`, JSON.stringify(calls)));
  return JSON.parse(out) as string[];
};

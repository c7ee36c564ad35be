/**
 * A move from one machine to a deployed stack, by an operator with the permissions that docs/move.md lists and no
 * others; then the server of before forwards, and the way back. The tests follow one another in one account.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventText } from '#test/support/builders.ts';
import { startServer } from '#test/support/server.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';
import { requireTools } from '../tools.ts';
import { type Emulator, startEmulator } from './emulator.ts';
import { readFences } from './fences.ts';
import {
  checkoutOf,
  makeRoles,
  must,
  openShell,
  outputsOf,
  prepare,
  resourcesOf,
  root,
  type Shell,
} from './installation.ts';

let emulator: Emulator;
let shell: Shell;
beforeAll(async () => {
  requireTools('deploy');
  emulator = await startEmulator();
  await prepare(emulator);
  shell = openShell(emulator);
  await must(shell('npx cdk bootstrap'));
  const [line] = (await readFences('deploy.md')).get('First deploy')!;
  await must(shell(`${line!.replace('npm ci && ', '')} --require-approval never`));
});
afterAll(() => emulator?.stop());

/** The policy of docs/move.md, with the names of the stack. */
const moverPolicy = async (): Promise<object> => {
  const outputs = await outputsOf(emulator);
  const [key] = await resourcesOf(emulator, 'Annals', 'AWS::KMS::Key');
  const text = await readFile(join(root, 'docs/move.md'), 'utf8');
  const [, policy] = /```json\n(\{\n {2}"Version"[\s\S]*?)```/.exec(text)!;
  const named = policy!
    .replaceAll('LEDGER', outputs.LedgerBucket!)
    .replaceAll('STATE', outputs.StateBucket!)
    .replaceAll('ASIDE', outputs.AsideBucket!)
    .replaceAll('"KEY"', `"arn:aws:kms:*:*:key/${key}"`);
  return JSON.parse(named) as object;
};

const own = (csv: string): string =>
  csv
    .split('\n')
    .filter(line => !line.includes('"audit_log.'))
    .join('\n');

it('moves an installation to the stack and back, with the permissions of the docs, equal to the byte', async () => {
  const { EmittersPolicy, StaffPolicy } = (await outputsOf(emulator)) as Record<string, string>;
  await makeRoles(emulator, [
    { name: 'Mover', profile: 'mover', policies: [], document: await moverPolicy() },
    { name: 'Service', profile: 'emitter', policies: [EmittersPolicy!] },
    { name: 'Operator', profile: 'operator', policies: [StaffPolicy!] },
  ]);
  const old = await startServer();
  for (let n = 0; n < 20; n++)
    await old.post(eventText({ id: undefined, scope: { id: `s-${n % 3}`, type: 'account' } }));
  await old.admin('s-1', 'u-1');
  const { csv } = await old.exportLog({ scope_id: 's-1' }, 'operator');
  await old.stop();

  const move = `npm run --silent annals -- --stack Annals move --data ${old.data} --json`;
  await must(shell(move, '', 'mover'));
  const again = await must(shell(move, '', 'mover'));
  expect(JSON.parse(again.out)).toMatchObject({ already_moved: true });
  const annals = 'npm run --silent annals -- --stack Annals';
  await must(shell(`${annals} export --scope s-1 --requested-by u-1 --out moved.csv`, '', 'operator'));
  expect(own(await readFile(join(checkoutOf(emulator), 'moved.csv'), 'utf8'))).toBe(own(csv));

  const back = join(await temporaryDirectory(), 'back');
  await must(shell(`${annals} move --back --data ${back} --json`, '', 'mover'));
  const server = await startServer({ data: back });
  expect(own((await server.exportLog({ scope_id: 's-1' }, 'operator')).csv)).toBe(own(csv));
});

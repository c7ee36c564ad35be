/**
 * The Containerfile, without an engine for containers: its rules, and its steps, each done in a folder that stands for
 * the root of its stage. Only `npm ci` is not done, since it fetches: the packages of this repository are linked.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { eventText } from '#test/support/builders.ts';
import { eventually } from '#test/support/eventually.ts';
import { freePort } from '#test/support/free-port.ts';
import { linkPackages, productionOnly } from '#test/support/installed-package.ts';

const root = join(import.meta.dirname, '..');
const run = promisify(execFile);

const steps = readFileSync(join(root, 'Containerfile'), 'utf8')
  .replaceAll(/^#.*\n/gm, '')
  .replaceAll(/\\\n\s*/g, '')
  .split('\n')
  .filter(line => line !== '')
  .map(line => {
    const [, instruction, rest] = /^([A-Z]+) (.*)$/.exec(line)!;
    return { instruction: instruction!, rest: rest! };
  });
const textsOf = (name: string): string[] =>
  steps.filter(({ instruction }) => instruction === name).map(({ rest }) => rest);
/** What the last stage has, once. */
const textOf = (name: string): string => {
  expect(textsOf(name)).toHaveLength(1);
  return textsOf(name)[0]!;
};

/** What .dockerignore leaves out: all of its patterns are of the top level. */
const ignored = readFileSync(join(root, '.dockerignore'), 'utf8')
  .split('\n')
  .filter(line => line !== '' && !line.startsWith('#'))
  .map(line => new RegExp(`^${line.replace(/^\//, '').replaceAll('.', '\\.').replaceAll('*', '[^/]*')}$`));
const isSent = (path: string): boolean => {
  const [top = ''] = relative(root, path).split('/');
  return !ignored.some(pattern => pattern.test(top));
};

type Stage = { root: string; workdir: string };

/** Where a path of a stage is on this machine. */
const placeOf = ({ root: base, workdir }: Stage, path: string): string =>
  path.startsWith('/') ? join(base, path) : join(base, workdir, path);

const copy = async (rest: string, stage: Stage, stages: ReadonlyMap<string, Stage>): Promise<void> => {
  const [, from, names] = /^(?:--from=(\w+) )?(.*)$/.exec(rest)!;
  const paths = names!.split(' ');
  const target = placeOf(stage, paths.pop()!);
  for (const path of paths) {
    const source = from === undefined ? join(root, path) : placeOf(stages.get(from)!, path);
    const isFolder = path === '.' || from !== undefined;
    await cp(source, isFolder ? target : join(target, path), {
      recursive: true,
      verbatimSymlinks: true,
      ...(from === undefined ? { filter: isSent } : {}),
    });
  }
};

/** The commands of a RUN, one after another. Returns who owns what, since only root may change that. */
const runCommands = async (rest: string, stage: Stage): Promise<string[]> => {
  const owned: string[] = [];
  for (const command of rest.split(' && ').map(text => text.trim())) {
    const cwd = placeOf(stage, '.');
    if (command === 'npm ci') await symlink(join(root, 'node_modules'), join(cwd, 'node_modules'));
    else if (command.startsWith('npm ci --omit=dev'))
      await linkPackages(join(cwd, 'node_modules'), productionOnly);
    else if (command.startsWith('chown ')) owned.push(command);
    else
      await run('sh', ['-ec', command.replaceAll(/(?<= )\/(?=app|package|data)/g, `${stage.root}/`)], {
        cwd,
      });
  }
  return owned;
};

let home: string;
let image: Stage;
const owned: string[] = [];
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'annals-test-'));
  const stages = new Map<string, Stage>();
  for (const [index, { instruction, rest }] of steps.entries()) {
    if (instruction === 'FROM') {
      image = { root: join(home, String(index)), workdir: '/' };
      await mkdir(image.root);
      stages.set(/ AS (\w+)$/.exec(rest)?.[1] ?? '', image);
    } else if (instruction === 'WORKDIR') {
      image.workdir = rest;
      await mkdir(placeOf(image, rest), { recursive: true });
    } else if (instruction === 'COPY') await copy(rest, image, stages);
    else if (instruction === 'RUN') owned.push(...(await runCommands(rest, image)));
  }
});
afterAll(() => rm(home, { recursive: true, force: true }));

describe('the Containerfile', () => {
  it('has in each stage one Node, pinned, which is the one that CI runs', () => {
    const [, version] = /^node24=(.*)$/m.exec(readFileSync(join(root, '.ci/run'), 'utf8'))!;
    for (const from of textsOf('FROM'))
      expect(from.replace(/ AS \w+$/, '')).toBe(`docker.io/library/node:${version}-bookworm-slim`);
  });

  it('fetches from the registry of npm alone, what the lock file names', () => {
    const commands = textsOf('RUN').join(' && ');
    expect(commands).not.toMatch(/curl|wget|apt|npx|npm (install|i|exec) /);
    expect(textsOf('ADD')).toEqual([]);
  });

  it('runs as a user without rights, who owns the data and the cache alone', () => {
    expect(textOf('USER')).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(owned).toEqual([`chown ${textOf('USER')} /data /app/node_modules/.cache`]);
    expect(textOf('VOLUME')).toBe('/data');
  });

  it('leaves out what developers need, and what is of this machine', () => {
    for (const name of ['test', 'lib', 'node_modules/vitest', 'node_modules/aws-cdk-lib', '.git'])
      expect(existsSync(placeOf(image, name)), name).toBe(false);
    expect(existsSync(placeOf(image, 'dist/web/index.html'))).toBe(true);
  });

  it('starts, is healthy by its own check, and takes an event', async () => {
    const port = await freePort();
    const env = Object.fromEntries(
      textOf('ENV')
        .split(' ')
        .map(pair => pair.split('=') as [string, string]),
    );
    expect(env).toMatchObject({ ANNALS_HOST: '0.0.0.0', ANNALS_PORT: textOf('EXPOSE') });
    const variables = {
      ...env,
      PATH: process.env.PATH,
      ANNALS_DATA: placeOf(image, env.ANNALS_DATA!),
      ANNALS_HOST: '127.0.0.1',
      ANNALS_PORT: String(port),
    };
    const [, ...args] = [...JSON.parse(textOf('ENTRYPOINT')), ...JSON.parse(textOf('CMD'))] as string[];
    const placed = args.map(arg => (arg.startsWith('/') ? placeOf(image, arg) : arg));
    const server = spawn(process.execPath, placed, {
      cwd: placeOf(image, '.'),
      env: variables,
      stdio: 'ignore',
    });
    onTestFinished(async () => {
      if (server.exitCode !== null) return;
      server.kill('SIGTERM');
      await once(server, 'exit');
    });
    const [, ...check] = JSON.parse(/CMD (\[.*\])$/.exec(textOf('HEALTHCHECK'))![1]!) as string[];
    await eventually(() => run(process.execPath, check, { env: variables }));
    const { emitter } = JSON.parse(await readFile(placeOf(image, '/data/keys.json'), 'utf8')) as {
      emitter: string;
    };
    const sent = await fetch(`http://127.0.0.1:${port}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${emitter}`, 'content-type': 'application/json' },
      body: eventText(),
    });
    expect(sent.status).toBe(202);
    server.kill('SIGTERM');
    expect(await once(server, 'exit')).toEqual([0, null]);
    await expect(run(process.execPath, check, { env: variables })).rejects.toMatchObject({ code: 1 });
  });
});

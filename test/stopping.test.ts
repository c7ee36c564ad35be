import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Role } from '#embedded/access/keys.ts';
import { eventText } from '#test/support/builders.ts';
import { eventually } from '#test/support/eventually.ts';
import { readIfThere } from '#test/support/installation-process.ts';
import { callers } from '#test/support/server.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const root = join(import.meta.dirname, '..');

/** A server as a process whose outputs are pipes, once it says where it is. */
const launch = async () => {
  const data = await temporaryDirectory();
  const child: ChildProcess = spawn(
    process.execPath,
    ['cli/annals.js', 'start', '--data', data, '--port', '0'],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  const server = join(data, 'server.json');
  const { url } = await eventually(async () => {
    const told = readIfThere<{ url: string }>(server)!;
    expect((await fetch(`${told.url}/healthz`)).ok).toBe(true);
    return told;
  });
  const keys = readIfThere<Record<Role, string>>(join(data, 'keys.json'))!;
  const ended = once(child, 'exit') as Promise<[number | null, string | null]>;
  return { ...callers(url, keys), data, server, child, ended };
};

describe('a server whose outputs go away, as a log shipper that restarts', () => {
  it('continues, and ends well when it is stopped', async () => {
    const { child, post, call, data, server, ended, exportLog } = await launch();
    child.stdout!.destroy();
    child.stderr!.destroy();
    // Something to log, again and again: a batch that fails.
    const ledger = join(data, 'buckets', 'ledger', 'events');
    await writeFile(ledger, 'in the way');
    for (let n = 0; n < 5; n++)
      expect((await post(eventText({ id: undefined, occurred_at: undefined }))).status).toBe(202);
    await eventually(async () =>
      expect(await (await call(undefined, '/healthz')).json()).toMatchObject({
        problems: [{ code: 'filing_fails' }],
      }),
    );
    await rm(ledger);
    expect((await exportLog()).rows).toHaveLength(5);
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    expect(existsSync(server)).toBe(false);
  });
});

describe('a server that is stopped', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('by %s ends with 0, and leaves no server.json', async signal => {
    const { child, server, ended } = await launch();
    child.kill(signal);
    expect(await ended).toEqual([0, null]);
    expect(existsSync(server)).toBe(false);
  });

  it('ends at once at a second signal, whichever it is', async () => {
    const { child, ended, url } = await launch();
    // A request that does not come to its end holds the stop up.
    const { hostname, port } = new URL(url);
    const { connect } = await import('node:net');
    const socket = connect(Number(port), hostname);
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write('POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n');
    child.stdout!.on('data', (chunk: Buffer) => {
      if (chunk.includes('Stopping')) child.kill('SIGINT');
    });
    child.kill('SIGTERM');
    expect(await ended).toEqual([130, null]);
  });
});

/**
 * syslog-ng itself, with the configuration that docs/shippers.md gives: `npm run shippers`, which needs Debian's
 * syslog-ng-core and syslog-ng-mod-http.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '#test/support/free-port.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';
import { bad, named, startWithWire } from './installation.ts';
import { settingsOf } from './settings.ts';

/** Writes lines to a port, and returns once they are taken. */
const write = async (port: number, lines: readonly string[]): Promise<void> => {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.end(lines.map(line => `${line}\n`).join(''));
  socket.resume();
  await once(socket, 'close');
};

const isListening = (port: number): Promise<boolean> =>
  write(port, []).then(
    () => true,
    () => false,
  );

/** The settings of the docs with what a test has of its own: where to, the key, ports and directory. */
const configuration = async (url: string, key: string, change: (text: string) => string) => {
  const directory = await temporaryDirectory();
  const [devices, events] = [await freePort(), await freePort()];
  const replace = (text: string, from: string, to: string): string => {
    if (!text.includes(from)) throw new Error(`The settings of the docs do not hold ${from}`);
    return text.replaceAll(from, to);
  };
  let text = settingsOf('syslog-ng');
  text = replace(text, 'https://audit.example.com', url);
  text = replace(text, 'EMITTER_KEY', key);
  text = replace(text, 'port(5514)', `port(${devices})`);
  text = replace(text, 'port(5515)', `port(${events})`);
  text = replace(text, '/var/lib/syslog-ng', directory);
  text = replace(text, 'disk-buf-size(1073741824)', 'disk-buf-size(10485760)');
  const file = join(directory, 'syslog-ng.conf');
  writeFileSync(file, change(text));
  return { directory, file, devices, events };
};

const startSyslogNg = async (url: string, key: string, change: (text: string) => string = text => text) => {
  const { directory, file, devices, events } = await configuration(url, key, change);
  const place = (name: string): string => join(directory, name);
  let child: ChildProcess | undefined;
  const stop = async (signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'close');
  };
  const start = async (): Promise<void> => {
    const started = spawn(
      'syslog-ng',
      ['-F', '--no-caps', '-f', file, '-R', place('persist'), '-p', place('pid'), '-c', place('control')],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    child = started;
    let said = '';
    started.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const failed = once(started, 'error').then(([error]) => {
      throw error;
    });
    failed.catch(() => undefined);
    await Promise.race([
      failed,
      expect
        .poll(async () => {
          if (started.exitCode !== null) throw new Error(`syslog-ng ended: ${said}`);
          return (await isListening(devices)) && (await isListening(events));
        })
        .toBe(true),
    ]);
  };
  onTestFinished(() => stop('SIGKILL'));
  await start();
  return {
    start,
    stop,
    sendLines: (lines: readonly string[]) => write(devices, lines),
    sendEvents: (lines: readonly string[]) => write(events, lines),
  };
};

const line = (message: string): string => `<34>1 2020-10-11T22:14:15.003Z router-1 sshd 12 - - ${message}`;

describe('syslog-ng', () => {
  it('makes one event of each line, also of equal ones, and takes its time from its own clock', async () => {
    const { wire, keys, exportLog, openItems } = await startWithWire();
    const before = new Date().toISOString();
    const { sendLines } = await startSyslogNg(wire.url, keys.emitter);
    await sendLines([line('failed "root"\t\\ é'), line('failed "root"\t\\ é')]);
    await expect.poll(() => wire.seen.length).toBeGreaterThan(0);
    await expect.poll(async () => (await exportLog()).rows.length).toBe(2);
    const { rows } = await exportLog();
    for (const { action, actor, target, payload, occurred_at, request } of rows) {
      expect(action).toBe('device.log');
      expect(JSON.parse(actor)).toEqual({ id: 'router-1', type: 'device' });
      expect(JSON.parse(target)).toEqual({ id: 'sshd', type: 'program' });
      expect(JSON.parse(payload)).toMatchObject({
        message: 'failed "root"\t\\ é',
        severity: 'crit',
        device_time: expect.stringContaining('2020-10-11T22:14:15.003'),
      });
      expect(occurred_at >= before, occurred_at).toBe(true);
      expect(request).not.toContain('127.0.0.1');
    }
    await expect.poll(openItems).toEqual([]);
  });

  it('has a good event stored once and a bad one kept once, and goes on behind it', async () => {
    const { wire, keys, openItems, storedNames } = await startWithWire();
    const { sendEvents } = await startSyslogNg(wire.url, keys.emitter);
    await sendEvents([named('a'), bad, 'nonsense', named('b')]);
    await expect.poll(() => wire.seen.some(({ body }) => body.includes('"b"'))).toBe(true);
    await sendEvents([named('c')]);
    await expect.poll(() => wire.seen.some(({ body }) => body.includes('"c"'))).toBe(true);
    expect(await storedNames()).toEqual(['a', 'b', 'c']);
    await expect
      .poll(async () => (await openItems()).map(({ code, repeats }) => [code, repeats]).sort())
      .toEqual([
        ['invalid_action', 0],
        ['invalid_json', 0],
      ]);
    expect(wire.seen.filter(({ body }) => body.includes('nonsense'))).toHaveLength(1);
    expect(new Set(wire.seen.map(({ status }) => status))).toEqual(new Set([200]));
  });

  it('doubles nothing after a lost answer, and drops nothing at five 503 or a key that is refused', async () => {
    const { wire, keys, openItems, storedNames } = await startWithWire();
    wire.faults.push('lost', 503, 503, 503, 503, 503, 401, 'lost');
    const { sendEvents, sendLines } = await startSyslogNg(wire.url, keys.emitter);
    await sendEvents([named('a'), bad]);
    await expect.poll(() => wire.seen.at(-1)?.status).toBe(200);
    await sendLines([line('x')]);
    await sendEvents([named('b')]);
    await expect.poll(() => wire.seen.some(({ body }) => body.includes('"b"'))).toBe(true);
    expect((await storedNames()).filter(Boolean)).toEqual(['a', 'b']);
    await expect.poll(openItems).toMatchObject([{ code: 'invalid_action' }]);
  });

  it('keeps what it took while the service was away, across a kill of its own', async () => {
    const { wire, keys, storedNames } = await startWithWire();
    wire.faults.push(...Array.from({ length: 1000 }, () => 503));
    const { sendEvents, start, stop } = await startSyslogNg(wire.url, keys.emitter);
    await sendEvents([named('a'), named('b')]);
    await expect.poll(() => wire.seen.length).toBeGreaterThan(0);
    await stop('SIGKILL');
    wire.faults.length = 0;
    await start();
    await expect.poll(storedNames).toEqual(['a', 'b']);
  });

  it('without response-action drops a batch after its third 504', async () => {
    const { wire, keys, storedNames } = await startWithWire();
    wire.faults.push(504, 504, 504);
    const { sendEvents } = await startSyslogNg(wire.url, keys.emitter, text =>
      text.replace(/response-action\([^)]*\)/, ''),
    );
    await sendEvents([named('a')]);
    await expect.poll(() => wire.faults.length).toBe(0);
    await sendEvents([named('b')]);
    await expect.poll(() => wire.seen.at(-1)?.status).toBe(200);
    expect(await storedNames()).toEqual(['b']);
  });

  it('without refused=keep sends a body that is not JSON forever, and nothing behind it', async () => {
    const { wire, keys, storedNames } = await startWithWire();
    const { sendEvents } = await startSyslogNg(wire.url, keys.emitter, text =>
      text.replace('refused=keep&', '').replace('x-ndjson', 'json'),
    );
    await sendEvents(['nonsense']);
    await expect.poll(() => wire.seen.map(({ status }) => status)).toEqual([400, 400, 400]);
    await sendEvents([named('a')]);
    await expect.poll(() => wire.seen.length).toBeGreaterThan(3);
    expect(await storedNames()).toEqual([]);
  });

  it('without refused=keep takes a 207 for all, and drops a batch at 422', async () => {
    const { wire, keys, storedNames } = await startWithWire();
    const { sendEvents } = await startSyslogNg(wire.url, keys.emitter, text =>
      text.replace('refused=keep&', ''),
    );
    await sendEvents([named('a'), bad]);
    await expect.poll(() => wire.seen.map(({ status }) => status)).toEqual([207]);
    await sendEvents([bad]);
    await expect.poll(() => wire.seen.map(({ status }) => status)).toEqual([207, 422]);
    await sendEvents([named('b')]);
    await expect.poll(() => wire.seen.map(({ status }) => status)).toEqual([207, 422, 202]);
    expect(await storedNames()).toEqual(['a', 'b']);
  });
});

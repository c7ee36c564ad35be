/**
 * Servers and processes of the conformance suites: on loopback, at a port of the system's choice, ended with
 * the run.
 */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export type Loopback = { url: string; close(): Promise<void> };

/** A server whose failures are answers of status 500. */
export const listen = async (
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<Loopback> => {
  const server = createServer((request, response) => {
    handle(request, response).catch((error: Error) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(error.stack);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { url: `http://127.0.0.1:${port}`, close };
};

export type Process = {
  child: ChildProcess;
  hasEnded(): boolean;
  stop(): Promise<void>;
  /** Ends it and all that it started with SIGKILL. */
  kill(): Promise<void>;
};

/** Ends the command when the pipe to it is closed, which it is however this process ends. */
const guard = `exec 3<&0
"$@" </dev/null 3<&- & child=$!
{ cat <&3 >/dev/null; kill $child; sleep 5; kill -9 $child; } 2>/dev/null &
wait $child`;
const graceMs = 15_000;

/** Starts a process that ends with this one, even if this one is killed. */
export const startProcess = (
  command: readonly string[],
  options: Pick<SpawnOptions, 'cwd' | 'env'> & { logTo: number },
): Process => {
  const { logTo, ...rest } = options;
  const child = spawn('/bin/sh', ['-c', guard, 'sh', ...command], {
    ...rest,
    detached: true,
    stdio: ['pipe', logTo, logTo],
  });
  let isEnded = false;
  const ended = once(child, 'exit').then(() => {
    isEnded = true;
    child.stdin!.destroy();
  });
  const stop = async (): Promise<void> => {
    if (isEnded) return;
    child.stdin!.destroy();
    const timer = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), graceMs);
    await ended;
    clearTimeout(timer);
  };
  const kill = async (): Promise<void> => {
    if (!isEnded) process.kill(-child.pid!, 'SIGKILL');
    await ended;
  };
  return { child, hasEnded: () => isEnded, stop, kill };
};

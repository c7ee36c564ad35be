/** HTTPS receivers on loopback for `bench/deliver.ts`, with a certificate of this run; some hang. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';

export type BenchReceiver = { url: string };

/** `environment` lets a server deliver to them; `arrived` says when each event came, in Unix time. */
export const startReceivers = async (
  folder: string,
  { well, hanging }: { well: number; hanging: number },
): Promise<{
  well: BenchReceiver[];
  hanging: BenchReceiver[];
  arrived: Map<string, number>;
  environment: Record<string, string>;
  stop(): void;
}> => {
  const [key, cert] = [join(folder, 'tls.key'), join(folder, 'tls.crt')];
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1'],
    ...['-keyout', key, '-out', cert, '-addext', 'subjectAltName=IP:127.0.0.1'],
  ]);
  const identity = { key: await readFile(key), cert: await readFile(cert) };
  const arrived = new Map<string, number>();
  const servers: Server[] = [];
  const listen = async (answer: (request: IncomingMessage, response: ServerResponse) => void) => {
    const server = createServer(identity, answer);
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const text = gunzipSync(await buffer(request)).toString();
    const nowMs = Date.now();
    if (request.headers['annals-kind'] === 'rows')
      for (const line of text.split('\n'))
        if (line !== '') arrived.set((JSON.parse(line) as { id: string }).id, nowMs);
    response.writeHead(204).end();
  };
  const hang = (request: IncomingMessage, response: ServerResponse): void => {
    if (request.headers['annals-kind'] === 'test') response.writeHead(204).end();
  };
  const ports: number[] = [];
  for (let n = 0; n < well; n++) ports.push(await listen((...given) => void take(...given)));
  for (let n = 0; n < hanging; n++) ports.push(await listen(hang));
  const receivers = ports.map(port => ({ url: `https://127.0.0.1:${port}/in` }));
  return {
    well: receivers.slice(0, well),
    hanging: receivers.slice(well),
    arrived,
    environment: {
      NODE_EXTRA_CA_CERTS: cert,
      ANNALS_DELIVERY_NETWORKS: '127.0.0.0/8',
      ANNALS_DELIVERY_PORTS: ports.join(','),
    },
    stop: () => {
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
};

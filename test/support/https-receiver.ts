/** A receiver of deliveries: a real HTTPS server on loopback, under a name and a certificate of this run. */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { afterAll, onTestFinished } from 'vitest';
import type { HttpsPolicy } from '#aws/deliver/guarded-post.ts';
import { makeAuthority, makeCertificate } from '#test/conformance/deploy/certificate.ts';
import { temporaryDirectory } from './temporary.ts';

export const receiverHost = 'receiver.test';

export type Got = { url: string; headers: IncomingHttpHeaders; text: string; lines: string[] };
export type Answering = (got: Got, response: ServerResponse) => unknown;

let ofRun: Promise<{ key: string; cert: string }> | undefined;

/** One for all receivers of a file: a key takes a while to make. */
const certificateOfRun = (): Promise<{ key: string; cert: string }> => {
  ofRun ??= (async () => {
    const folder = mkdtempSync(join(tmpdir(), 'annals-receiver-'));
    const made = await makeCertificate(folder, [receiverHost]);
    const read = { key: readFileSync(made.key, 'utf8'), cert: readFileSync(made.certificate, 'utf8') };
    rmSync(folder, { recursive: true });
    return read;
  })();
  return ofRun;
};
afterAll(() => {
  ofRun = undefined;
});

export type Receiver = { url: string; got: Got[]; policy: HttpsPolicy; port: number };

/** `answer` ends each request, or does not. */
export const startReceiver = async (
  answer: Answering,
  certificate?: { key: string; cert: string },
): Promise<Receiver> => {
  const { key, cert } = certificate ?? (await certificateOfRun());
  const got: Got[] = [];
  const server = createServer({ key, cert }, async (request, response) => {
    const one = await read(request);
    got.push(one);
    answer(one, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://${receiverHost}:${port}/in`,
    got,
    port,
    policy: {
      allowedNetworks: ['127.0.0.1/32'],
      allowedPorts: [port],
      ca: cert,
      totalMs: 20_000,
      idleMs: 20_000,
      resolve: () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]),
    },
  };
};

/** A receiver on loopback whose certificate is of an authority that only this run knows. */
export const startPrivateReceiver = async (answer: Answering = (_, response) => response.end()) => {
  const folder = await temporaryDirectory();
  const authority = await makeAuthority(folder);
  const { key, certificate } = await makeCertificate(folder, [], authority);
  const pem = { key: await readFile(key, 'utf8'), cert: await readFile(certificate, 'utf8') };
  const { port, got } = await startReceiver(answer, pem);
  return { port, got, url: `https://127.0.0.1:${port}/in`, root: authority.certificate };
};

const read = async (request: IncomingMessage): Promise<Got> => {
  const text = gunzipSync(await buffer(request)).toString();
  return { url: request.url!, headers: request.headers, text, lines: text.split('\n').slice(0, -1) };
};

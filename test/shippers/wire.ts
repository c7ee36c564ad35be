/**
 * What stands between a shipper and an installation: it forwards each request, and notes it. What is queued in `faults`
 * befalls the next ones, one each: `lost` forwards and loses the answer, a number is answered in place of the service.
 */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { onTestFinished } from 'vitest';

export type Seen = { url: string; headers: IncomingHttpHeaders; body: string; status: number | 'lost' };

export const startWire = async (target: string) => {
  const seen: Seen[] = [];
  const faults: (number | 'lost')[] = [];
  const server = createServer(async (request, response) => {
    const bytes = await buffer(request);
    const url = request.url!;
    const { headers } = request;
    const body = (headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString();
    const fault = faults.shift();
    if (typeof fault === 'number') {
      seen.push({ url, headers, body, status: fault });
      response.writeHead(fault).end();
      return;
    }
    const answer = await fetch(new URL(url, target), {
      method: request.method!,
      headers: Object.fromEntries(
        ['authorization', 'content-type', 'content-encoding'].flatMap(name =>
          headers[name] === undefined ? [] : [[name, String(headers[name])]],
        ),
      ),
      body: bytes,
    });
    const text = await answer.text();
    seen.push({ url, headers, body, status: fault ?? answer.status });
    if (fault === 'lost') request.socket.destroy();
    else response.writeHead(answer.status).end(text);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, faults };
};

/**
 * A port of loopback before an S3 server that passes requests on unchanged and notes them. At a request that the test
 * chooses, something goes wrong: the connection is cut or hangs, or something is done first, such as killing the
 * server.
 */
import { once } from 'node:events';
import { type IncomingMessage, request as send } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { type Loopback, listen } from '../loopback.ts';

/** `path` is decoded: `/bucket/key`. `status` is 0 until the server has answered. */
export type Exchange = { method: string; path: string; status: number };

export type Fault = {
  /**
   * How far the request comes: the server gets nothing of it, or half of its bytes; or it is answered, and the client
   * gets nothing of the answer, or half of its body.
   */
  after: 'nothing' | 'half the request' | 'the request' | 'half the answer';
  /** Done at this point. */
  do?(): Promise<void>;
  /** The connection hangs until the client ends it; otherwise it is cut. */
  hangs?: boolean;
};

export type Faults = Loopback & {
  /** Returns what was exchanged since it was last taken. */
  take(): Exchange[];
  /** Chooses the fault of each request, as it comes. */
  choose: (exchange: Exchange) => Fault | undefined;
};

export const openFaults = async (server: string): Promise<Faults> => {
  const exchanges: Exchange[] = [];
  const { hostname, port } = new URL(server);
  const listening = await listen(async (request, response) => {
    const { method = '', url = '', headers } = request;
    const exchange = { method, path: decodeURIComponent(new URL(url, server).pathname), status: 0 };
    exchanges.push(exchange);
    const fault = faults.choose(exchange);
    const body = await buffer(request);
    const fail = async (): Promise<void> => {
      await fault?.do?.();
      if (fault?.hangs && !request.socket.destroyed) await once(request.socket, 'close');
      request.socket.destroy();
    };
    if (fault?.after === 'nothing') return fail();
    // The signature covers the host to which it was sent, so the header stays.
    const passed = send({ hostname, port, method, path: url, headers, agent: false });
    if (fault?.after === 'half the request') {
      passed.once('error', () => undefined);
      passed.write(body.subarray(0, body.length / 2));
      // The server has it, so it has begun.
      await once(passed, 'socket');
      await new Promise(resolve => passed.socket!.write('', resolve));
      await fail();
      return void passed.destroy();
    }
    passed.end(body);
    const [answer] = (await once(passed, 'response').catch(() => [])) as [IncomingMessage?];
    // The server was killed meanwhile.
    if (!answer) return void request.socket.destroy();
    exchange.status = answer.statusCode!;
    const content = await buffer(answer);
    if (fault?.after === 'the request') return fail();
    response.writeHead(exchange.status, answer.headers);
    if (fault?.after !== 'half the answer') return void response.end(content);
    response.flushHeaders();
    response.write(content.subarray(0, content.length / 2));
    await fail();
  });
  const faults: Faults = {
    ...listening,
    take: () => exchanges.splice(0),
    choose: () => undefined,
  };
  return faults;
};

/** HTTP by hand: exact bytes, for requests that no client library would send. */
import { connect, type Socket } from 'node:net';

export const openSocket = (url: string): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port) });
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
  });

/**
 * Sends bytes, and ends its side if `isEnding`; returns everything received until the connection was closed.
 */
export const raw = (url: string, bytes: string | Buffer, isEnding = false): Promise<string> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port) });
    let received = '';
    socket.on('data', chunk => {
      received += chunk.toString('latin1');
    });
    socket.on('close', () => resolve(received));
    socket.on('error', error => reject(new Error(`After ${received.length} bytes: ${error.message}`)));
    socket.write(bytes);
    if (isEnding) socket.end();
  });

export type RawAnswer = { status: number; headers: Record<string, string>; body: string };

/** The answers in the received text, in order. */
export const readAnswers = (received: string): RawAnswer[] => {
  const answers: RawAnswer[] = [];
  for (let rest = received; rest !== ''; ) {
    const end = rest.indexOf('\r\n\r\n');
    const [first = '', ...lines] = rest.slice(0, end).split('\r\n');
    const headers = Object.fromEntries(
      lines.map(line => [
        line.slice(0, line.indexOf(':')).toLowerCase(),
        line.slice(line.indexOf(':') + 1).trim(),
      ]),
    );
    const length = Number(headers['content-length'] ?? 0);
    answers.push({
      status: Number(first.split(' ')[1]),
      headers,
      body: Buffer.from(rest.slice(end + 4, end + 4 + length), 'latin1').toString(),
    });
    rest = rest.slice(end + 4 + length);
  }
  return answers;
};

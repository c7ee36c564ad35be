import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { resolveHost } from '#aws/deliver/resolve-host.ts';

const types = { A: 1, AAAA: 28 } as const;
type Answer = { address: Buffer } | { code: number } | 'silent';

/** A DNS server (RFC 1035) that answers every question of a type alike. */
const startServer = async (answers: Record<keyof typeof types, Answer>) => {
  const asked: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address }) => {
    let end = 12;
    const labels: string[] = [];
    while (query[end] !== 0) {
      labels.push(query.toString('latin1', end + 1, end + 1 + query[end]!));
      end += 1 + query[end]!;
    }
    const type = query.readUInt16BE(end + 1) === types.A ? 'A' : 'AAAA';
    asked.push(`${type} ${labels.join('.')}`);
    const answer = answers[type];
    if (answer === 'silent') return;
    const header = Buffer.from(query.subarray(0, 12));
    header.writeUInt16BE(0x8180 + ('code' in answer ? answer.code : 0), 2);
    header.writeUInt16BE('address' in answer ? 1 : 0, 6);
    header.writeUInt32BE(0, 8);
    const question = query.subarray(12, end + 5);
    const record = 'address' in answer ? recordOf(types[type], answer.address) : Buffer.alloc(0);
    socket.send(Buffer.concat([header, question, record]), port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  onTestFinished(() => void socket.close());
  return { asked, servers: [`127.0.0.1:${socket.address().port}`] };
};

/** Its name is that of the question. */
const recordOf = (type: number, address: Buffer): Buffer => {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(60, 6);
  head.writeUInt16BE(address.length, 10);
  return Buffer.concat([head, address]);
};

const A: Answer = { address: Buffer.from([93, 184, 216, 34]) };
const AAAA: Answer = { address: Buffer.from('20010db8000000000000000000000001', 'hex') };
const none: Answer = { code: 0 };
const noSuchName: Answer = { code: 3 };

describe('the addresses of a host', () => {
  it('are those of both families', async () => {
    const { servers, asked } = await startServer({ A, AAAA });
    expect(await resolveHost('receiver.test', { servers })).toEqual([
      { address: '93.184.216.34', family: 4 },
      { address: '2001:db8::1', family: 6 },
    ]);
    expect(asked.sort()).toEqual(['A receiver.test', 'AAAA receiver.test']);
  });

  it('may be of one family', async () => {
    const four = await startServer({ A, AAAA: none });
    expect(await resolveHost('receiver.test', four)).toEqual([{ address: '93.184.216.34', family: 4 }]);
    const six = await startServer({ A: none, AAAA });
    expect(await resolveHost('receiver.test', six)).toEqual([{ address: '2001:db8::1', family: 6 }]);
    const half = await startServer({ A, AAAA: 'silent' });
    expect(await resolveHost('receiver.test', { ...half, timeoutMs: 10, tries: 1 })).toEqual([
      { address: '93.184.216.34', family: 4 },
    ]);
  });

  it('are not there if the name is not, and are not waited for if the server is silent', async () => {
    const unknown = await startServer({ A: noSuchName, AAAA: noSuchName });
    await expect(resolveHost('receiver.test', unknown)).rejects.toMatchObject({ code: 'ENOTFOUND' });
    const silent = await startServer({ A: 'silent', AAAA: 'silent' });
    await expect(resolveHost('receiver.test', { ...silent, timeoutMs: 10, tries: 2 })).rejects.toMatchObject({
      code: 'ETIMEOUT',
    });
    expect(silent.asked).toContain('A receiver.test');
  });
});

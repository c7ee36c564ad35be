import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { Connections } from '#embedded/http/connections.ts';

const open = (limit: number) => {
  const connections = new Connections(limit);
  const add = () => {
    const socket = new Socket();
    return { socket, isTaken: connections.add(socket) };
  };
  return { connections, add };
};

describe('the connections of a server', () => {
  it('make room by closing the one that has been silent longest', () => {
    const { connections, add } = open(3);
    const [first, second, third] = [add().socket, add().socket, add().socket];
    connections.begin(first).hasEnded();
    expect(add().isTaken).toBe(true);
    expect([first, second, third].map(({ destroyed }) => destroyed)).toEqual([false, true, false]);
    expect(add().isTaken).toBe(true);
    expect([first, third].map(({ destroyed }) => destroyed)).toEqual([false, true]);
  });

  it('close one that sends or reads slowly only if no other is silent, and never one that waits for its answer', () => {
    const { connections, add } = open(3);
    const [sending, waiting, reading] = [add().socket, add().socket, add().socket];
    connections.begin(sending);
    connections.begin(waiting).isAnswered();
    const read = connections.begin(reading);
    read.isAnswered();
    read.isMoving();
    const silent = add();
    expect(sending.destroyed, 'no other was silent').toBe(true);
    expect(add().isTaken).toBe(true);
    expect([silent.socket, reading].map(({ destroyed }) => destroyed)).toEqual([true, false]);
    expect(waiting.destroyed).toBe(false);
  });

  it('take no further ones if each waits for its answer, until one has ended', () => {
    const { connections, add } = open(1);
    const { socket } = add();
    const [first, pipelined] = [connections.begin(socket), connections.begin(socket)];
    first.isAnswered();
    pipelined.isAnswered();
    first.hasEnded();
    expect(add().isTaken).toBe(false);
    pipelined.hasEnded();
    expect(add().isTaken).toBe(true);
    expect(socket.destroyed).toBe(true);
  });

  it('are forgotten once they are closed', async () => {
    const { add } = open(1);
    const { socket } = add();
    const closed = new Promise(resolve => socket.once('close', resolve));
    socket.destroy();
    await closed;
    expect(add().isTaken).toBe(true);
  });
});

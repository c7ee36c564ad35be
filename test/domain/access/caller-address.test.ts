import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callerAddress, parseTrustedProxies } from '#domain/access/caller-address.ts';

type Seen = { peer?: string; forwardedFor?: string; headers?: Record<string, string> };

const addressOf = ({ peer, forwardedFor, headers }: Seen, trusted?: string, isBehindProxy = false) =>
  callerAddress(
    { peer, headers: forwardedFor === undefined ? { ...headers } : { 'x-forwarded-for': forwardedFor } },
    trusted === undefined ? undefined : parseTrustedProxies(trusted)!,
    isBehindProxy,
  );

describe('the address of a caller', () => {
  it('is that of the peer if no proxy is in sight', () => {
    expect(addressOf({ peer: '203.0.113.9' })).toBe('203.0.113.9');
    expect(addressOf({ peer: '::ffff:203.0.113.9' })).toBe('203.0.113.9');
    expect(addressOf({ peer: 'fe80::1%eth0' })).toBe('fe80::1');
    expect(addressOf({ peer: '127.0.0.1' })).toBe('127.0.0.1');
    expect(addressOf({})).toBeUndefined();
  });

  it('is unknown if the peer may be a proxy that is not configured', () => {
    expect(addressOf({ peer: '127.0.0.1' }, undefined, true)).toBeUndefined();
    expect(addressOf({ peer: '10.0.0.7' }, undefined, true)).toBeUndefined();
    for (const name of ['forwarded', 'via', 'x-forwarded-for', 'x-real-ip'])
      expect(addressOf({ peer: '10.0.0.7', headers: { [name]: '203.0.113.9' } }), name).toBeUndefined();
  });

  it.each([
    ['10.0.0.7', '203.0.113.9', '203.0.113.9'],
    ['::ffff:10.0.0.7', '203.0.113.9', '203.0.113.9'],
    // What a client says of itself stands further left, and does not count.
    ['10.0.0.7', '1.2.3.4, 203.0.113.9', '203.0.113.9'],
    ['10.0.0.7', '1.2.3.4,203.0.113.9,10.1.1.1', '203.0.113.9'],
    ['10.0.0.7', '203.0.113.9:51234', '203.0.113.9'],
    ['10.0.0.7', '[2001:db8::1]:443', '2001:db8::1'],
    ['10.0.0.7', '"[2001:DB8:0::1]"', '2001:db8::1'],
    ['10.0.0.7', '2001:db8::1', '2001:db8::1'],
    ['10.0.0.7', '::ffff:203.0.113.9', '203.0.113.9'],
    ['10.0.0.7', '203.0.113.9 , ', '203.0.113.9'],
    // Inside of the range of proxies are clients too: the outermost that a proxy has named is one.
    ['10.0.0.7', '10.9.9.9', '10.9.9.9'],
    // It connects to this server itself, so it is no proxy, whatever it says.
    ['203.0.113.9', '1.2.3.4', '203.0.113.9'],
    ['10.0.0.7', 'unknown', undefined],
    ['10.0.0.7', '203.0.113.9, _hidden', undefined],
    ['10.0.0.7', '999.0.0.1', undefined],
    ['10.0.0.7', '', undefined],
    ['10.0.0.7', undefined, undefined],
    [undefined, '203.0.113.9', undefined],
  ])('is behind trusted proxies what they say: from %s, forwarded for %s', (peer, forwardedFor, expected) => {
    const seen = { ...(peer ? { peer } : {}), ...(forwardedFor === undefined ? {} : { forwardedFor }) };
    expect(addressOf(seen, '10.0.0.0/8', true)).toBe(expected);
  });

  it.each([
    ['0', '203.0.113.9', '1.2.3.4', '203.0.113.9'],
    ['1', '127.0.0.1', '1.2.3.4, 203.0.113.9', '203.0.113.9'],
    ['2', '127.0.0.1', '1.2.3.4, 203.0.113.9, 10.0.0.1', '203.0.113.9'],
    ['1', '127.0.0.1', undefined, undefined],
    ['2', '127.0.0.1', '203.0.113.9', undefined],
    ['1', '127.0.0.1', '203.0.113.9:80', '203.0.113.9'],
  ])(
    'is behind %s hops the one that so many have passed on: from %s, forwarded for %s',
    (hops, peer, forwardedFor, expected) => {
      expect(addressOf({ peer, ...(forwardedFor === undefined ? {} : { forwardedFor }) }, hops)).toBe(
        expected,
      );
    },
  );

  it('is never one before an address that is not a trusted proxy', () => {
    const any = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string());
    fc.assert(
      fc.property(fc.array(any), claimed => {
        const forwardedFor = [...claimed, '203.0.113.9'].join(',');
        expect(addressOf({ peer: '10.0.0.7', forwardedFor }, '10.0.0.0/8')).toBe('203.0.113.9');
      }),
    );
  });
});

describe('trusted proxies', () => {
  it.each([
    '0',
    '1',
    '32',
    '10.0.0.7',
    '10.0.0.0/8',
    '10.0.0.7/8',
    '2001:db8::/32',
    '::1',
    '::ffff:10.0.0.0/104',
    'loopback',
    'loopback, linklocal,uniquelocal , 192.0.2.1',
  ])('may be %s', text => {
    expect(parseTrustedProxies(text)).toBeDefined();
  });

  it.each([
    '',
    ' ',
    'true',
    '*',
    'all',
    '-1',
    '1.5',
    '33',
    '999',
    '10.0.0',
    '10.0.0.7/33',
    '10.0.0.7/',
    '10.0.0.0/255.0.0.0',
    '0.0.0.0/0',
    '::/0',
    '::ffff:0.0.0.0/96',
    '2001:db8::/129',
    'loopback,',
    'proxy.internal',
    '10.0.0.1 10.0.0.2',
  ])('are not "%s"', text => {
    expect(parseTrustedProxies(text)).toBeUndefined();
  });

  it('are those of their ranges, by their numbers and not by their texts', () => {
    const isTrusted = (peer: string, text: string) =>
      addressOf({ peer, forwardedFor: '203.0.113.9' }, text) === '203.0.113.9';
    expect(isTrusted('172.31.255.255', 'uniquelocal')).toBe(true);
    expect(isTrusted('172.32.0.0', 'uniquelocal')).toBe(false);
    expect(isTrusted('::1', 'loopback')).toBe(true);
    expect(isTrusted('127.9.9.9', 'loopback')).toBe(true);
    expect(isTrusted('::ffff:127.0.0.1', 'loopback')).toBe(true);
    expect(isTrusted('10.200.0.1', '::ffff:10.0.0.0/104')).toBe(true);
    expect(isTrusted('11.0.0.1', '::ffff:10.0.0.0/104')).toBe(false);
    expect(isTrusted('2001:db8:0:0::5', '2001:DB8::/32')).toBe(true);
  });
});

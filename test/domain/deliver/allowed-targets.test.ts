import { describe, expect, it } from 'vitest';
import { parseNetworks, parsePorts } from '#domain/deliver/allowed-targets.ts';

describe('what HTTPS deliveries may connect to besides', () => {
  it('is networks and addresses, each as a network and once', () => {
    expect(parseNetworks('10.0.0.0/8, 192.168.1.7,fd12::/16,192.168.1.7/32,::1,0.0.0.0/0')).toEqual({
      networks: ['10.0.0.0/8', '192.168.1.7/32', 'fd12::/16', '::1/128', '0.0.0.0/0'],
    });
  });

  it.each([
    ...[
      '',
      '10.0.0.0/8,',
      'internal.example',
      '10.0.0.0/33',
      '10.0.0/8',
      '010.0.0.0/8',
      '::/129',
      '10.0.0.0/',
    ],
    ...['fe80::1%eth0', '10.0.0.0-10.0.0.9', '10.0.0.0/8/8'],
  ])('is not networks: "%s"', text => {
    expect(parseNetworks(text)).toEqual({ fault: expect.stringContaining('expected networks or addresses') });
  });

  it('says how a network is written whose address is within it, or that is mapped into IPv6', () => {
    expect(parseNetworks('10.1.2.3/8')).toEqual({
      fault: 'has "10.1.2.3/8", whose network begins elsewhere; write 10.0.0.0/8',
    });
    expect(parseNetworks('fd12:3::1/16')).toMatchObject({
      fault: expect.stringContaining('write fd12::/16'),
    });
    expect(parseNetworks('::ffff:10.0.0.0/104')).toEqual({
      fault: 'has "::ffff:10.0.0.0/104"; write IPv4 networks as IPv4, as in 10.0.0.0/8',
    });
  });

  it('is ports, each once', () => {
    expect(parsePorts('8443, 8088,8443')).toEqual({ ports: [8443, 8088] });
    for (const text of ['', '0', '65536', '8443,', '-1', '8.5', '0x10', 'https'])
      expect(parsePorts(text)).toEqual({ fault: expect.stringContaining('expected ports from 1 to 65535') });
  });

  it('is at most 64 of each', () => {
    const many = Array.from({ length: 65 }, (_, index) => index + 1);
    expect(parsePorts(many.join())).toEqual({ fault: 'has more than 64 ports; leave some out' });
    expect(parseNetworks(many.map(n => `10.0.0.${n}`).join())).toEqual({
      fault: 'has more than 64 networks; name larger ones',
    });
  });
});

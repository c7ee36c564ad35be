import { describe, expect, it } from 'vitest';
import { mayConnectTo } from '#domain/deliver/public-address.ts';

describe('an address that a delivery may connect to', () => {
  it.each(['8.8.8.8', '2606:4700::1111', '::ffff:8.8.8.8'])('is public: %s', address => {
    expect(mayConnectTo(address)).toBe(true);
  });

  it.each([
    ...['0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.1', '169.254.169.254', '172.31.0.1', '192.168.1.1'],
    ...['192.0.0.1', '198.18.0.1', '203.0.113.1', '224.0.0.1', '255.255.255.255'],
    ...['::', '::1', '::127.0.0.1', '::ffff:10.0.0.1', '::ffff:169.254.169.254', '64:ff9b::a00:1'],
    ...[
      '2002:a00:1::',
      '2001:db8::1',
      '2001::1',
      'fc00::1',
      'fd00:ec2::254',
      'fe80::1',
      'fec0::1',
      'ff02::1',
    ],
    ...['4000::1', 'fe80::1%eth0', 'localhost', '', '8.8.8.8/32'],
  ])('is not %s', address => {
    expect(mayConnectTo(address)).toBe(false);
  });

  it('is one that the operator allows, however it is written', () => {
    const allowed = ['10.0.0.0/8', 'fd00::/8'];
    for (const address of ['10.9.8.7', '::ffff:10.9.8.7', 'fd12::1'])
      expect(mayConnectTo(address, allowed)).toBe(true);
    for (const address of ['11.0.0.0.1', '192.168.0.1', 'fe80::1'])
      expect(mayConnectTo(address, allowed)).toBe(false);
  });

  it.each([
    ...['169.254.169.254', '169.254.170.2', '169.254.170.23', '168.63.129.16', '100.100.100.200'],
    ...['fd00:ec2::254', 'fd00:ec2::23', 'fd20:ce::254', '::ffff:169.254.169.254'],
  ])('is a service of a cloud that only this machine may ask, only if it is named itself: %s', address => {
    expect(mayConnectTo(address)).toBe(false);
    expect(mayConnectTo(address, ['0.0.0.0/0', '::/0', '169.254.169.254/31', 'fd00:ec2::/127'])).toBe(false);
    const named = address.replace('::ffff:', '');
    expect(mayConnectTo(address, [`${named}/${named.includes(':') ? 128 : 32}`])).toBe(true);
  });
});

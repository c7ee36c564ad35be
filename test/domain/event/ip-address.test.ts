import { describe, expect, it } from 'vitest';
import { isIpAddress, printIpAddress } from '#domain/event/ip-address.ts';

describe('an address', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['::FFFF:0a01:0203', '10.1.2.3'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['::1', '::1'],
  ])('%s is written %s', (text, written) => {
    expect(printIpAddress(text)).toBe(written);
  });
  it.each(['', '1.2.3', '256.1.1.1', '0x7f.1', 'localhost', '1.2.3.4:80'])('%j is none', text => {
    expect(isIpAddress(text)).toBe(false);
    expect(printIpAddress(text)).toBeUndefined();
  });
});

import { expect, it } from 'vitest';
import { isLoopback } from '#domain/loopback.ts';

it.each(['localhost', '127.0.0.1', '127.1.2.3', '::1', '[::1]'])('%s is this machine alone', host => {
  expect(isLoopback(host)).toBe(true);
});

it.each(['127.0.0.1.example.com', 'localhost.example.com', '10.0.0.1', '0.0.0.0', '::', '', 'a127.0.0.1'])(
  '%j may be another machine',
  host => {
    expect(isLoopback(host)).toBe(false);
  },
);

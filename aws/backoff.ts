/** The backoff between attempts to call an AWS service. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Backoff } from '#domain/backoff.ts';

export const systemBackoff: Backoff = {
  firstMs: 25,
  maxMs: 1000,
  maxAttempts: 8,
  sleep: ms => sleep(ms),
  random: Math.random,
};

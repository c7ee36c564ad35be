/**
 * Opens the places of an installation that a function's configuration names. One function per place, so that
 * a bundle contains only what its function opens.
 */
import { requireInstallation } from '#aws/state/installation.ts';
import type { InstallationRecord } from '#domain/archive/installation.ts';
import { systemBackoff } from './backoff.ts';
import type { Kinesis, S3 } from './clients.ts';
import type { Configuration } from './environment.ts';
import { type Objects, openBucket } from './objects.ts';
import { Stream } from './stream.ts';

export const openState = (s3: S3, { ANNALS_STATE }: Configuration<'ANNALS_STATE'>): Objects =>
  openBucket(s3, ANNALS_STATE);

export const openLedger = (s3: S3, { ANNALS_LEDGER }: Configuration<'ANNALS_LEDGER'>): Objects =>
  openBucket(s3, ANNALS_LEDGER);

export const openViews = (s3: S3, { ANNALS_VIEWS }: Configuration<'ANNALS_VIEWS'>): Objects =>
  openBucket(s3, ANNALS_VIEWS);

export const openAside = (s3: S3, { ANNALS_ASIDE }: Configuration<'ANNALS_ASIDE'>): Objects =>
  openBucket(s3, ANNALS_ASIDE);

export const openResults = (s3: S3, { ANNALS_RESULTS }: Configuration<'ANNALS_RESULTS'>): Objects =>
  openBucket(s3, ANNALS_RESULTS);

/** `deadlineMs` bounds how long a put is retried. */
export const openStream = (
  kinesis: Kinesis,
  { ANNALS_STREAM, ANNALS_BUCKETS }: Configuration<'ANNALS_STREAM' | 'ANNALS_BUCKETS'>,
  deadlineMs: number,
): Stream =>
  new Stream(kinesis, {
    streamName: ANNALS_STREAM,
    buckets: ANNALS_BUCKETS,
    deadlineMs,
    backoff: systemBackoff,
    nowMs: Date.now,
  });

/** The installation's record; throws if the configuration disagrees with it. */
export const requireConfigured = (
  s3: S3,
  configuration: Configuration<'ANNALS_STATE' | 'ANNALS_BUCKETS'> & Partial<Configuration<'ANNALS_LEDGER'>>,
): Promise<InstallationRecord> =>
  requireInstallation(openState(s3, configuration), {
    buckets: configuration.ANNALS_BUCKETS,
    ledger: configuration.ANNALS_LEDGER,
  });

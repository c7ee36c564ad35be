/**
 * The address of somebody who uses the page on AWS. The API sees the address of CloudFront, which would be recorded as
 * theirs. The distribution therefore sends what it saw in a header of its own, with a secret that only it and the
 * functions have: a client that asks the API directly could send the first, but not the second.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { printIpAddress } from '#domain/event/ip-address.ts';

export const pageSecretHeader = 'x-annals-page-secret';
export const viewerHeader = 'x-annals-viewer';

/**
 * The address that a request came from, given the one that its connection shows; empty if it came through the page's
 * distribution and cannot be known.
 */
export const seenAddress = (
  sourceIp: string,
  headers: Readonly<Record<string, string | undefined>>,
  secret: string | undefined,
): string => {
  const sent = headers[pageSecretHeader];
  if (!secret || sent === undefined || !isSame(sent, secret)) return sourceIp;
  return printIpAddress(headers[viewerHeader] ?? '') ?? '';
};

/** In constant time: of digests, since texts of different lengths cannot be compared so. */
const isSame = (one: string, other: string): boolean => timingSafeEqual(digest(one), digest(other));
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * The headers of the Audit Log page, its files and its configuration. Only /embed may be in a frame, of the configured
 * origins.
 */

import { contentSecurityPolicy, permissionsPolicy } from '#domain/http/page-policy.ts';

const always = {
  'referrer-policy': 'no-referrer',
  'permissions-policy': permissionsPolicy,
  'cross-origin-opener-policy': 'same-origin',
};

/** Of the page itself; `frameAncestors` are the origins whose pages may hold it in a frame. */
export const documentHeaders = (frameAncestors: readonly string[]): Record<string, string> => ({
  ...always,
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': contentSecurityPolicy({ frameAncestors }),
  ...(frameAncestors.length === 0
    ? { 'x-frame-options': 'DENY', 'cross-origin-resource-policy': 'same-origin' }
    : {}),
});

/** Of a file whose name has the hash of its content. */
export const assetHeaders = (contentType: string): Record<string, string> => ({
  ...always,
  'content-type': contentType,
  'cache-control': 'public, max-age=31536000, immutable',
  'cross-origin-resource-policy': 'same-origin',
  // An image is a document of its own if it is opened.
  'content-security-policy': contentSecurityPolicy(),
  'x-frame-options': 'DENY',
});

export const configHeaders: Record<string, string> = {
  ...always,
  'content-type': 'application/json',
  'cache-control': 'no-store',
  'cross-origin-resource-policy': 'same-origin',
};

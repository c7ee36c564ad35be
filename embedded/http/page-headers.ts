/**
 * What a browser may do with the Audit Log page: run its own scripts and styles, ask its own server, and
 * nothing else. Only /embed may be in a frame, of the configured origins.
 */

/** Everything that a browser lets pages use, but for the clipboard, which copying a value writes to. */
const permissions = [
  ...[
    'accelerometer',
    'autoplay',
    'browsing-topics',
    'camera',
    'display-capture',
    'encrypted-media',
    'fullscreen',
    'geolocation',
    'gyroscope',
    'magnetometer',
    'microphone',
    'midi',
    'payment',
    'picture-in-picture',
    'publickey-credentials-get',
    'screen-wake-lock',
    'usb',
    'web-share',
    'xr-spatial-tracking',
  ].map(name => `${name}=()`),
  'clipboard-write=(self)',
].join(', ');

const policy = (frameAncestors: readonly string[]): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "font-src 'self' data:",
    "img-src 'self' blob:",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    `frame-ancestors ${frameAncestors.length === 0 ? "'none'" : frameAncestors.join(' ')}`,
    "require-trusted-types-for 'script'",
  ].join('; ');

const always = {
  'referrer-policy': 'no-referrer',
  'permissions-policy': permissions,
  'cross-origin-opener-policy': 'same-origin',
};

/** Of the page itself; `frameAncestors` are the origins whose pages may hold it in a frame. */
export const documentHeaders = (frameAncestors: readonly string[]): Record<string, string> => ({
  ...always,
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': policy(frameAncestors),
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
  'content-security-policy': policy([]),
  'x-frame-options': 'DENY',
});

export const configHeaders: Record<string, string> = {
  ...always,
  'content-type': 'application/json',
  'cache-control': 'no-store',
  'cross-origin-resource-policy': 'same-origin',
};

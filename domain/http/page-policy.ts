/**
 * The headers that every answer with the Audit Log page has, embedded and on AWS: nothing is loaded from elsewhere,
 * nothing inline runs, and nobody frames it but the origins that are named.
 *
 * https://www.w3.org/TR/CSP3/
 */

export type PagePolicy = {
  /** Origins that the page asks besides its own: the issuer that signs its users in. */
  connect?: readonly string[];
  /** Origins that may show the page in a frame; none by default. */
  frameAncestors?: readonly string[];
};

/** The value of `Content-Security-Policy`. */
export const contentSecurityPolicy = ({ connect = [], frameAncestors = [] }: PagePolicy = {}): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "font-src 'self' data:",
    "img-src 'self' blob:",
    ['connect-src', "'self'", ...connect].join(' '),
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    ['frame-ancestors', ...(frameAncestors.length === 0 ? ["'none'"] : frameAncestors)].join(' '),
    "require-trusted-types-for 'script'",
  ].join('; ');

/** The value of `Permissions-Policy`: all that a browser lets pages use, but for copying. */
export const permissionsPolicy = [
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
    'xr-spatial-tracking',
  ].map(name => `${name}=()`),
  'clipboard-write=(self)',
].join(', ');

/**
 * Escapes text from outside (a reason, an id, a server's message) before it is printed, so that it cannot control the
 * terminal, reverse the reading direction, or hide.
 */
import { isatty } from 'node:tty';
import { styleText } from 'node:util';
import { setting } from './environment.ts';

/**
 * Control characters, line separators and lone surrogates; soft hyphen, bidirectional controls and other invisible
 * characters; tags. The joiners U+200C and U+200D are kept: scripts and emoji need them.
 */
const classes = '\\p{Cc}\\p{Cs}\\p{Zl}\\p{Zp}';
const invisible =
  '\\u00ad\\u061c\\u180e\\u200b\\u200e\\u200f\\u202a-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb';
const tags = '\\u{e0000}-\\u{e007f}';
const unprintable = new RegExp(`[${classes}${invisible}${tags}]`, 'gu');

/** As JSON escapes it, UTF-16 unit by unit. */
const escapeUnits = (character: string): string =>
  character
    .split('')
    .map(unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');

/** The text on one line, with invisible and control characters escaped, such as `\u202e`. */
export const visible = (text: string): string => text.replaceAll(unprintable, escapeUnits);

/** Like `visible`, but keeps line breaks: for our own text with parts from outside. */
export const visibleLines = (text: string): string => text.split('\n').map(visible).join('\n');

/** The same JSON, with those characters as JSON escapes. */
export const visibleJson = (json: string): string =>
  json.replaceAll(unprintable, character =>
    /[\n\r\t]/.test(character) ? character : escapeUnits(character),
  );

export const standardOutput = 1;
export const standardError = 2;

type Style = Parameters<typeof styleText>[0];

/** Colours a text if it goes to a terminal that supports colours. */
export const paint = (style: Style, text: string, descriptor = standardOutput): string =>
  isatty(descriptor) && setting('NO_COLOR') === undefined && setting('TERM') !== 'dumb'
    ? styleText(style, text, { validateStream: false })
    : text;

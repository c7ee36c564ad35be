/**
 * What may reach a person's terminal. Text that came from outside (a reason, an id, what a server says) is escaped here
 * before it is printed, so that it can neither steer the terminal, nor turn the direction of what is read, nor hide.
 */
import { isatty } from 'node:tty';
import { styleText } from 'node:util';
import { setting } from './environment.ts';

/**
 * Control characters, line separators and half surrogates; soft hyphen, bidirectional controls and other
 * characters that show nothing; tags. The joiners U+200C and U+200D stay: scripts and emoji need them.
 */
const unprintable =
  /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

/** As JSON escapes it, UTF-16 unit by unit. */
const escapeUnits = (character: string): string =>
  character
    .split('')
    .map(unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');

/** The text on one line, with everything in it that is not plainly seen as `\u202e` says it. */
export const visible = (text: string): string => text.replaceAll(unprintable, escapeUnits);

/** The lines of a text, each as `visible` gives it: for text of our own whose parts came from outside. */
export const visibleLines = (text: string): string => text.split('\n').map(visible).join('\n');

/** JSON text that means the same, with those characters escaped as JSON has it. */
export const visibleJson = (json: string): string =>
  json.replaceAll(unprintable, character =>
    /[\n\r\t]/.test(character) ? character : escapeUnits(character),
  );

export const standardOutput = 1;
export const standardError = 2;

type Style = Parameters<typeof styleText>[0];

/** Colours a text of our own if it goes to a terminal that shows colours. */
export const paint = (style: Style, text: string, descriptor = standardOutput): string =>
  isatty(descriptor) && setting('NO_COLOR') === undefined && setting('TERM') !== 'dumb'
    ? styleText(style, text, { validateStream: false })
    : text;

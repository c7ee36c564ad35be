/**
 * Every text that the page says, in one catalogue, and how values are put into it. The sections are plain
 * data, so that they can be translated: `{name}` stands for a value, `{n|event|events}` for a word that
 * follows its number. Sections that the log does without are in `words/later-words.ts`.
 */
import { logWords } from './words/log-words.ts';
import { pageWords } from './words/page-words.ts';
import { queryWords } from './words/query-words.ts';
import { signInWords } from './words/sign-in-words.ts';
import { stateWords } from './words/state-words.ts';

export const words = {
  page: pageWords,
  states: stateWords,
  signIn: signInWords,
  query: queryWords,
  log: logWords,
} as const;

/** The names of the values that a text wants. */
type NamesOf<Text extends string> = Text extends `${string}{${infer Inner}}${infer Rest}`
  ? (Inner extends `${infer Name}|${string}` ? Name : Inner) | NamesOf<Rest>
  : never;

const place = /\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g;
/** One language, so that the digits do not depend on the machine. */
const numbers = new Intl.NumberFormat('en');

/** Grouped by thousands. */
export const printNumber = (n: number): string => numbers.format(n);

/** The text with its values; a number is grouped by thousands. */
export const say = <Text extends string>(
  text: Text,
  values: Readonly<Record<NamesOf<Text>, string | number>>,
): string =>
  text.replaceAll(place, (_, name: string, one?: string, many?: string) => {
    const value = (values as Record<string, string | number>)[name]!;
    if (one !== undefined) return value === 1 ? one : many!;
    return typeof value === 'number' ? printNumber(value) : value;
  });

/**
 * What an answer of the service says about each event of a request. Only a complete answer counts: one that
 * is about something else (a proxy's page, another request's answer, half a list) decides nothing, and the
 * events are sent again.
 */

/** Why the service, or the client, did not take an event. `path` is a JSON pointer within it. */
export type Refusal = { code: string; path: string; message: string };

/**
 * What the service did to an event that it stored, or noticed in it. `count`: in how many places, if there
 * are several.
 */
export type EventWarning = Refusal & { count?: number };

export type ServiceAnswer = {
  /** Indexes refer to the lines that were sent. */
  stored: ReadonlySet<number>;
  refused: ReadonlyMap<number, Refusal>;
  warnings: readonly (EventWarning & { index: number })[];
  /** How many warnings had no room in the answer. */
  warningsLeftOut: number;
  /** From a problem (RFC 9457). */
  code: string | undefined;
  detail: string | undefined;
  /** Why an answer does not say what became of each event. */
  fault: string | undefined;
};

/** An answer of 10,000 events is smaller than half of this. */
const maxAnswerBytes = 8 * 1024 * 1024;

/** Parses the answer to `count` events. */
export const readAnswer = async (response: Response, count: number): Promise<ServiceAnswer> => {
  const { status } = response;
  const body = await bodyOf(response);
  const said = { code: textIn(body, 'code'), detail: textIn(body, 'detail') };
  const nothing = { stored: new Set<number>(), refused: new Map<number, Refusal>(), warnings: [] };
  const none = (fault?: string): ServiceAnswer => ({ ...nothing, warningsLeftOut: 0, ...said, fault });
  const isGood = status >= 200 && status < 300;
  // A status that does not speak of events (a gateway's 403, say) decides nothing, whatever its body looks
  // like.
  if (!isGood && status !== 422 && status !== 503) return none();
  if (typeof body === 'string') return none(isGood ? body : undefined);
  if (!isGood && body.events === undefined && body.rejected === undefined) return none();
  try {
    const { stored, refused, warnings } = verdictsIn(body, count);
    // A service that stores only a part answers 503. Otherwise the answer must mention each event.
    if (status !== 503 && stored.size + refused.size < count)
      throw new Strange(`what became of ${stored.size + refused.size} of ${count} events`);
    const { warnings_left_out: leftOut } = body;
    return {
      stored,
      refused,
      warnings,
      warningsLeftOut: isCount(leftOut) ? leftOut : 0,
      ...said,
      fault: undefined,
    };
  } catch (error) {
    if (!(error instanceof Strange)) throw error;
    return none(error.message);
  }
};

/** Thrown only within this file: the answer does not hold what it should. */
class Strange extends Error {}

type Body = Record<string, unknown>;

const isObject = (value: unknown): value is Body =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) > 0;

/** The JSON object in a response; or a text that describes what is there instead. */
const bodyOf = async (response: Response): Promise<Body | string> => {
  const type = response.headers.get('content-type') ?? '';
  const text = await textOf(response);
  if (text === undefined) return `more than ${maxAnswerBytes} bytes`;
  if (text.trim() === '') return 'an empty body';
  if (!/\bjson\b/.test(type)) return `content of the type "${type.slice(0, 64)}"`;
  try {
    const body: unknown = JSON.parse(text);
    return isObject(body) ? body : `JSON that is ${Array.isArray(body) ? 'a list' : 'not an object'}`;
  } catch {
    return 'content that is not JSON';
  }
};

/** Undefined if it is larger than any answer. */
const textOf = async ({ body }: Response): Promise<string | undefined> => {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    // Leaving the loop cancels the rest.
    if (bytes > maxAnswerBytes) return undefined;
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
};

const textIn = (body: Body | string, member: string): string | undefined => {
  const value = typeof body === 'string' ? undefined : body[member];
  return typeof value === 'string' && value !== '' ? value.slice(0, 1000) : undefined;
};

const verdictsIn = (body: Body, count: number) => {
  const stored = new Set<number>();
  const refused = new Map<number, Refusal>();
  const warnings: (EventWarning & { index: number })[] = [];
  const take = (list: 'events' | 'rejected', work: (entry: Body, index: number) => void): void => {
    const entries = body[list] ?? [];
    if (!Array.isArray(entries)) throw new Strange(`"${list}" that is no list`);
    for (const entry of entries as unknown[]) {
      if (!isObject(entry)) throw new Strange(`"${list}" with an entry that is not an object`);
      const { index } = entry;
      if (!Number.isInteger(index) || (index as number) < 0 || (index as number) >= count)
        throw new Strange(`"${list}" with an index outside its ${count} events`);
      if (stored.has(index as number) || refused.has(index as number))
        throw new Strange(`the event at index ${index} twice`);
      work(entry, index as number);
    }
  };
  take('events', (entry, index) => {
    stored.add(index);
    if (Array.isArray(entry.warnings))
      for (const warning of entry.warnings)
        if (isObject(warning)) warnings.push({ index, ...warningOf(warning) });
  });
  take('rejected', (entry, index) => {
    if (textIn(entry, 'code') === undefined) throw new Strange('"rejected" with an entry without a code');
    refused.set(index, refusalOf(entry));
  });
  return { stored, refused, warnings };
};

const refusalOf = (entry: Body): Refusal => ({
  code: textIn(entry, 'code') ?? '',
  path: textIn(entry, 'path') ?? '',
  message: textIn(entry, 'message') ?? '',
});

const warningOf = (entry: Body): EventWarning => ({
  ...refusalOf(entry),
  ...(isCount(entry.count) ? { count: entry.count } : {}),
});

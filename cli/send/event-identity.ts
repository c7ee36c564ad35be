/**
 * Adds an id and a time to an event that has none, so that a retry is the same event. All other bytes are kept, even if
 * they are not UTF-8; only a `null`, which means that the member is absent, is replaced.
 */
import { v7 } from 'uuid';
import { isSpace, withoutMark } from './event-lines.ts';

/** What is not a JSON object is returned unchanged: the server reports what is wrong with it. */
export const withIdentity = (line: Buffer, now: string): Buffer => {
  const body = withoutMark(line);
  const event = parseObject(body.toString());
  if (!event || isPresent(event, 'id')) return line;
  const added = { id: v7(), ...(isPresent(event, 'occurred_at') ? {} : { occurred_at: now }) };
  const members = membersOf(body);
  // The server refuses events with a duplicate key.
  if (new Set(members.map(({ key }) => key)).size < members.length) return line;
  const head = line.length - body.length;
  const edits: { start: number; end: number; text: string }[] = [];
  const missing: string[] = [];
  for (const [key, value] of Object.entries(added)) {
    const absent = members.find(member => member.key === key);
    if (absent) edits.push({ start: absent.start, end: absent.end, text: JSON.stringify(value) });
    else missing.push(`${JSON.stringify(key)}:${JSON.stringify(value)}`);
  }
  const at = body.indexOf('{') + 1;
  const comma = members.length > 0 ? ',' : '';
  if (missing.length > 0) edits.push({ start: at, end: at, text: `${missing.join(',')}${comma}` });
  let edited = line;
  // From the end, so that earlier offsets stay valid.
  for (const { start, end, text } of edits.sort((a, b) => b.start - a.start))
    edited = Buffer.concat([
      edited.subarray(0, head + start),
      Buffer.from(text),
      edited.subarray(head + end),
    ]);
  return edited;
};

const parseObject = (text: string): Record<string, unknown> | undefined => {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
};

const isPresent = (event: Record<string, unknown>, key: string): boolean =>
  Object.hasOwn(event, key) && event[key] !== null;

type Member = { key: string; start: number; end: number };

const quote = 0x22;
const backslash = 0x5c;

/** The members of the outermost object of a JSON text, with the offsets of their values. */
const membersOf = (json: Buffer): Member[] => {
  const members: Member[] = [];
  let depth = 0;
  let key: string | undefined;
  let start = 0;
  const end = (at: number): void => {
    if (key === undefined) return;
    let last = at;
    while (isSpace(json[last - 1])) last--;
    members.push({ key, start, end: last });
    key = undefined;
  };
  for (let at = 0; at < json.length; at++) {
    const byte = json[at]!;
    if (byte === quote) {
      const from = at;
      for (at++; json[at] !== quote; at++) if (json[at] === backslash) at++;
      if (depth === 1 && key === undefined) {
        key = JSON.parse(json.toString('utf8', from, at + 1)) as string;
        at = json.indexOf(':', at);
        while (isSpace(json[at + 1])) at++;
        start = at + 1;
      }
    } else if (byte === 0x7b || byte === 0x5b) depth++;
    else if (byte === 0x7d || byte === 0x5d) {
      if (depth === 1) end(at);
      depth--;
    } else if (byte === 0x2c && depth === 1) end(at);
  }
  return members;
};

/**
 * Posts prepared lines as one request, and again what was not stored, until all of it is accepted or refused.
 * Every line is given an id and a time before it is first sent, so that sending it again is the same event.
 */
import { v7 } from 'uuid';
import { maxRequestBytes, maxRequestEvents } from '#domain/request-limits.ts';
import { type Connection, refusalOf } from './connection.ts';
import { Failure } from './failure.ts';

export type Refused = { index: number; code: string; path: string; message: string };
export type Accepted = { index: number; id: string; occurred_at: string; catalogued?: false };
export type Posted = { accepted: Accepted[]; rejected: Refused[] };

type Answer = { events?: Accepted[]; rejected?: Refused[]; not_stored?: { index: number }[] };

const maxTries = 6;
/** Half of what the service takes keeps a retry short. */
const maxBytes = maxRequestBytes / 2;

/** A line of events, and where it came from. */
export type Line = { text: string; number: number };

/** The lines in as few requests as the service takes. */
export async function* inRequests(lines: AsyncIterable<Line> | Iterable<Line>): AsyncGenerator<Line[]> {
  let request: Line[] = [];
  let bytes = 0;
  for await (const line of lines) {
    const size = Buffer.byteLength(line.text) + 1;
    if (request.length === maxRequestEvents || (request.length > 0 && bytes + size > maxBytes)) {
      yield request;
      request = [];
      bytes = 0;
    }
    request.push(line);
    bytes += size;
  }
  if (request.length > 0) yield request;
}

/** The line with an id and a time where it has no id; all that was there stays as it is. What is no JSON object is left alone. */
export const withIdentity = (line: string, now: string): string => {
  let event: Record<string, unknown>;
  try {
    event = JSON.parse(line) as Record<string, unknown>;
  } catch {
    // The server will say what is wrong with it.
    return line;
  }
  const isObject = typeof event === 'object' && event !== null && !Array.isArray(event);
  if (!isObject || event.id != null || 'id' in event) return line;
  const added = 'occurred_at' in event ? { id: v7() } : { id: v7(), occurred_at: now };
  const start = line.indexOf('{') + 1;
  const members = JSON.stringify(added).slice(1, -1);
  return `${line.slice(0, start)}${members}${Object.keys(event).length > 0 ? ',' : ''}${line.slice(start)}`;
};

/** Posts up to 500 lines; indexes in the result count these lines. */
export const postEvents = async (connection: Connection, lines: readonly string[]): Promise<Posted> => {
  const posted: Posted = { accepted: [], rejected: [] };
  let left = lines.map((_, index) => index);
  for (let attempt = 0; left.length > 0; attempt++) {
    if (attempt > 0)
      await new Promise(resolve => setTimeout(resolve, Math.random() * Math.min(5000, 100 * 2 ** attempt)));
    try {
      const answer = await post(
        connection,
        left.map(index => lines[index]!),
      );
      for (const event of answer.events ?? []) posted.accepted.push({ ...event, index: left[event.index]! });
      for (const refusal of answer.rejected ?? [])
        posted.rejected.push({ ...refusal, index: left[refusal.index]! });
      left = (answer.not_stored ?? []).map(({ index }) => left[index]!);
    } catch (error) {
      if (!(error instanceof Failure) || error.exitCode !== 3 || attempt === maxTries) throw error;
    }
    if (attempt === maxTries && left.length > 0)
      throw new Failure(
        3,
        `${left.length} events could not be stored after ${maxTries + 1} tries; send them again, which doubles nothing`,
      );
  }
  return posted;
};

const post = async (connection: Connection, lines: readonly string[]): Promise<Answer> => {
  const response = await connection.fetch('/v1/events', {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: lines.join('\n'),
  });
  // A line so long that no request holds it is refused like any other, and stops none.
  if (response.status === 413 && lines.length === 1) {
    const { code, detail } = (await response.json()) as { code: string; detail: string };
    return { rejected: [{ index: 0, code, path: '', message: detail }] };
  }
  if (
    ![202, 207, 422].includes(response.status) &&
    !(response.status === 503 && response.headers.get('content-type')?.includes('problem'))
  )
    throw await refusalOf(response);
  const answer = (await response.json()) as Answer;
  if (response.status === 503 && answer.not_stored === undefined)
    throw new Failure(3, 'The server is not ready');
  return answer;
};

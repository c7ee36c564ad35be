/**
 * Fluent Bit's http output, as its source has it (plugins/out_http/http.c): JSON a line, with the record's time as its
 * first member under `dateKey`, and what it does about each status. A chunk is sent again as it was.
 */
import { gzipSync } from 'node:zlib';
import type { Outcome } from './vector.ts';

export type FluentBitOptions = { dateKey?: string; patience?: number };

/** `event` is JSON of an object without a time. */
const withTime = (event: string, dateKey: string, time: string): string =>
  `{"${dateKey}":"${time}",${event.slice(1)}`;

export const sendAsFluentBit = async (
  url: string,
  key: string,
  records: readonly { time: string; event: string }[],
  { dateKey = 'occurred_at', patience = 10 }: FluentBitOptions = {},
): Promise<Outcome> => {
  const body = gzipSync(records.map(({ time, event }) => `${withTime(event, dateKey, time)}\n`).join(''));
  for (let requests = 1; requests <= patience; requests++) {
    const answer = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-ndjson',
        'content-encoding': 'gzip',
        'user-agent': 'Fluent-Bit',
        authorization: `Bearer ${key}`,
      },
      body,
    }).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer && answer.status >= 200 && answer.status <= 205) return { end: 'delivered', requests };
    const { status = 0 } = answer ?? {};
    if (status >= 400 && status < 500 && status !== 408 && status !== 429)
      return { end: 'dropped', requests };
  }
  return { end: 'still trying', requests: patience };
};

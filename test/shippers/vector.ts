/**
 * Vector's http sink, as its source has it (src/sinks/http, src/sinks/util/http.rs): JSON a line without the last line
 * feed, and what it does about each status. A retry sends the same request.
 */
import { gzipSync } from 'node:zlib';

export type Outcome = { end: 'delivered' | 'dropped' | 'still trying'; requests: number };

export const vectorRetries = (status: number): boolean => status === 429 || (status >= 500 && status !== 501);

/** Sends a batch; without a limit Vector would go on for ever, so `patience` ends the test. */
export const sendAsVector = async (
  url: string,
  key: string,
  events: readonly string[],
  patience = 10,
): Promise<Outcome> => {
  const body = gzipSync(events.join('\n'));
  for (let requests = 1; requests <= patience; requests++) {
    const answer = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-ndjson',
        'content-encoding': 'gzip',
        'user-agent': 'Vector/0.50.0',
        authorization: `Bearer ${key}`,
      },
      body,
    }).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.ok) return { end: 'delivered', requests };
    if (answer && !vectorRetries(answer.status)) return { end: 'dropped', requests };
  }
  return { end: 'still trying', requests: patience };
};

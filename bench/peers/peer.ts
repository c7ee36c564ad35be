/** What the bench asks of Annals and of its peer alike. */

export type Peer = {
  /** Where events are posted, and with which headers. */
  target(): { url: URL; headers: Record<string, string> };
  /** Takes the CSV of a scope over HTTP, from the request to its last byte; returns its number of lines. */
  takeCsv(scope: string): Promise<number>;
  /** Finishes what earlier requests left to do in the background, so that it does not disturb the other. */
  settle(): Promise<void>;
  /** The bytes that the events and their indexes take on disk, without the journal of what just came. */
  bytesOnDisk(): Promise<number>;
  /** Makes what it needs in its folder, and starts. */
  create(): Promise<void>;
  /** Starts on what is there; resolves once a request is answered. */
  start(): Promise<void>;
  stop(): Promise<void>;
};

const newline = 0x0a;

/** Reads a body to its end without keeping it; returns its number of lines. */
export const countLines = async (response: Response): Promise<number> => {
  if (!response.ok) throw new Error(`${response.url}: ${response.status} ${await response.text()}`);
  let lines = 0;
  for await (const chunk of response.body!) {
    const bytes = chunk as Uint8Array;
    for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, at + 1)) lines += 1;
  }
  return lines;
};

export const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));

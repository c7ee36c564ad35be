/** Prints events with their current form beside what was sent. */
import { Failure } from '#cli/failure.ts';
import { writeOutput } from '#cli/output.ts';
import { openEventFile } from '#cli/send/event-file.ts';
import { withoutMark } from '#cli/send/event-lines.ts';
import type { Payload } from '#domain/catalogue/action.ts';
import type { Catalogue } from '#domain/catalogue/catalogue.ts';
import { maxRequestBytes } from '#domain/receive/limits.ts';
import { type CatalogueOptions, openCatalogue } from './named-catalogue.ts';

/** Prints each event unchanged, with a member `current` if its action has a newer version. */
export const printCurrent = async (path: string, options: CatalogueOptions): Promise<void> => {
  const catalogue = await openCatalogue(options);
  const { lines, unit } = await openEventFile(path);
  for await (const { bytes, number } of lines) {
    if (!bytes) throw new Failure(1, `The ${unit} ${number} is longer than ${maxRequestBytes} bytes`);
    const current = currentOf(catalogue, withoutMark(bytes).toString(), number);
    const end = bytes.lastIndexOf('}');
    const shown =
      current === undefined
        ? [bytes]
        : [bytes.subarray(0, end), Buffer.from(`,"current":${JSON.stringify(current)}}`)];
    await writeOutput(Buffer.concat([...shown, Buffer.from('\n')]));
  }
};

const currentOf = (catalogue: Catalogue, line: string, number: number) => {
  const wrong = (cause?: unknown): Failure =>
    new Failure(1, `Line ${number} is not an event; expected a JSON object with an action and a payload`, {
      cause,
    });
  let event: { action?: unknown; version?: unknown; payload?: unknown };
  let payload: unknown;
  try {
    event = JSON.parse(line) as typeof event;
    // In exports, nested fields are strings that contain JSON.
    payload = typeof event.payload === 'string' ? JSON.parse(event.payload) : (event.payload ?? {});
  } catch (error) {
    throw wrong(error);
  }
  if (typeof event?.action !== 'string' || typeof payload !== 'object' || payload === null) throw wrong();
  return catalogue.currentForm(event.action, Number(event.version ?? 1), payload as Payload);
};

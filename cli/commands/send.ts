/**
 * `annals send`: sends the events of a file, in requests as large as the service accepts. A refused event does not stop
 * those behind it; it is reported by its line, and can be written to a file, byte for byte, to be corrected and resent.
 */
import type { Command } from 'commander';
import { command, connected, skipOption } from '#cli/command.ts';
import { type ConnectionOptions, connect } from '#cli/connection.ts';
import { openEventFile } from '#cli/send/event-file.ts';
import { withIdentity } from '#cli/send/event-identity.ts';
import { eventsDoor } from '#cli/send/post-events.ts';
import { type Manner, sendFile } from '#cli/send/sending.ts';

type SendOptions = ConnectionOptions & { rejected?: string; skip: number };

export const addSend = (program: Command): void => {
  connected(
    command(
      program,
      'send',
      'Send the events of a file: JSON lines, a JSON array or JSON objects, also compressed with gzip.',
      'send events.ndjson --rejected rejected.ndjson',
    ),
  )
    .argument('<file>', 'the file, or - for standard input')
    .option('--rejected <file>', 'write refused lines to this file, to correct and resend them')
    .addOption(skipOption())
    .action(send);
};

const send = async (path: string, options: SendOptions): Promise<void> => {
  const file = await openEventFile(path);
  const manner: Manner = {
    door: eventsDoor(await connect(options, 'emitter')),
    prepare: bytes => withIdentity(bytes, new Date().toISOString()),
    advise(refused, kept) {
      const them = refused === 1 ? 'it' : 'them';
      return kept
        ? `correct ${them} in ${kept} and send that file`
        : `correct ${them} and send the file again; events with an id are not duplicated`;
    },
  };
  await sendFile(file, manner, options);
};

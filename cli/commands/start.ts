/** `annals start`: runs a whole installation in this process, until SIGINT or SIGTERM. */
import { type Command, Option } from 'commander';
import { catalogueOption, command, dataOption, setsOption } from '#cli/command.ts';
import { Failure } from '#cli/failure.ts';
import { printText, say } from '#cli/output.ts';
import type { settingsOf as readSettings, StartOptions } from '#cli/start/settings.ts';
import { firstStopSignal } from '#cli/stop-signals.ts';
import { paint, standardError } from '#cli/terminal.ts';
import { isLoopback } from '#domain/loopback.ts';
import type { Moved } from '#embedded/moved.ts';

export const addStart = (program: Command): void => {
  command(
    program,
    'start',
    'Run a whole installation in this process, until SIGINT or SIGTERM.',
    'start --data /var/lib/annals --port 8787',
  )
    .option(...dataOption)
    .option('--host <address>', 'the address to listen on (default: ANNALS_HOST, or 127.0.0.1)')
    .option('--port <number>', 'the port, or 0 for any free port (default: ANNALS_PORT, or 8787)')
    .option('--public-url <url>', 'the URL of the proxy that clients use (default: ANNALS_PUBLIC_URL)')
    .option(
      '--trust-proxy <proxies>',
      'proxies whose X-Forwarded-For is trusted: addresses, ranges, or how many' +
        ' (default: ANNALS_TRUST_PROXY, or none)',
    )
    .option(
      '--embed-origins <origins>',
      'whose pages may hold the Audit Log page in a frame, separated by commas' +
        ' (default: ANNALS_EMBED_ORIGINS, or none)',
    )
    .option(
      '--webhook <url>',
      'URL to notify of scheduled exports that ended, and of deliveries (default: ANNALS_WEBHOOK)',
    )
    .addOption(
      new Option(
        '--webhook-events <which>',
        'which exports to notify about (default: ANNALS_WEBHOOK_EVENTS, or schedules)',
      ).choices(['schedules', 'all']),
    )
    .option('--memory <size>', 'the memory limit of DuckDB (default: ANNALS_MEMORY, or 1GiB)')
    .option(
      '--refused-days <number>',
      'how many days to keep refused events (default: ANNALS_REFUSED_DAYS, or 90)',
    )
    .option(
      '--refused-bytes <number>',
      'how many bytes of refused events to keep (default: ANNALS_REFUSED_BYTES, or 1073741824)',
    )
    .option(
      '--window <seconds>',
      'how long to gather events before they are filed; an export does not wait for it' +
        ' (default: ANNALS_WINDOW, or 10)',
    )
    .option(
      '--rate-limit <events>',
      'how many events a second each key may send, if it has no limit of its own' +
        ' (default: ANNALS_RATE_LIMIT, or no limit)',
    )
    .option(
      '--delivery-networks <networks>',
      'networks that HTTPS deliveries may connect to though they are not public, as in 10.0.0.0/8' +
        ' (default: ANNALS_DELIVERY_NETWORKS, or none)',
    )
    .option(
      '--delivery-ports <ports>',
      'ports that HTTPS deliveries may connect to besides 443 (default: ANNALS_DELIVERY_PORTS, or none)',
    )
    .option(...catalogueOption)
    .option(...setsOption)
    .option(
      '--strict',
      'refuse events without a scope or a catalogued action (default: ANNALS_CATALOGUE_MODE)',
    )
    .option(
      '--sample',
      'show a made-up log that goes on, in a directory of its own (default: ./.annals-sample)',
    )
    .option('--strict-payloads', 'refuse payloads that contradict their schema; for tests and CI')
    .action(start);
};

export const start = async (options: StartOptions): Promise<void> => {
  // DuckDB and the SDK take longer to load than other commands run.
  const { settingsOf } = await import('#cli/start/settings.ts');
  const { pageSource } = await import('#cli/start/page.ts');
  const { startInstallation } = await import('#embedded/installation.ts');
  const settings = settingsOf(options);
  const { defaultSampleDirectory, openSampleDirectory, refuseSampleDirectory } = await import(
    '#cli/sample/sample-directory.ts'
  );
  if (options.sample) settings.data = options.data ?? defaultSampleDirectory;
  const mark = options.sample ? await openSampleDirectory(settings.data, Date.now()) : undefined;
  if (!mark) await refuseSampleDirectory(settings.data);
  warnIfUnencrypted(settings.host, settings.front.publicUrl);
  const stopped = firstStopSignal();
  const { readMoved } = await import('#embedded/moved.ts');
  const moved = await readMoved(settings.data).catch(error => {
    throw startFailure(error);
  });
  if (moved?.status === 'done') return forwardUntil(stopped, settings, moved);
  const installation = await startInstallation({ ...settings, page: pageSource() }).catch(error => {
    throw startFailure(error);
  });
  try {
    const { showSample, showWelcome } = await import('#cli/start/first-look.ts');
    const end = await (mark
      ? showSample(installation, mark, settings.front.publicUrl)
      : showWelcome(installation, settings.front.publicUrl));
    await stopped;
    await end();
    await printText('Stopping: requests in progress are completed first');
  } finally {
    await installation.stop();
  }
};

type Listening = Pick<ReturnType<typeof readSettings>, 'data' | 'host' | 'port' | 'front'>;

/** The installation has moved to a stack: what comes here is forwarded to it. */
const forwardUntil = async (stopped: Promise<void>, settings: Listening, { stack }: Moved): Promise<void> => {
  const { startForwarding } = await import('#embedded/forward/forwarding-server.ts');
  const { openInstalledStack } = await import('#aws/deployed-stack.ts');
  const { log } = await import('#functions/runtime/log.ts');
  const installed = await openInstalledStack(stack).catch(error => {
    throw new Failure(1, (error as Error).message, { cause: error });
  });
  const { data, host, port, front } = settings;
  const server = await startForwarding({ data, host, port, front, stack, send: installed.fetch, log }).catch(
    error => {
      throw startFailure(error);
    },
  );
  try {
    await printText(`This installation has moved; ${server.url} forwards events to the stack "${stack}"`);
    await stopped;
    await printText('Stopping: requests in progress are completed first');
  } finally {
    await server.stop();
  }
};

/** Translates the failures that a person can fix. */
const startFailure = (error: NodeJS.ErrnoException): Error => {
  const { code, name, message } = error;
  if (name === 'DataDirectoryError' || name === 'CatalogueError')
    return new Failure(1, message, { cause: error });
  if (code === 'EADDRINUSE')
    return new Failure(1, 'The port is in use; choose another with --port or ANNALS_PORT, 0 for any', {
      cause: error,
    });
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EACCES')
    return new Failure(1, `The server cannot listen on this address (${code}); see --host and --port`, {
      cause: error,
    });
  return error;
};

const warnIfUnencrypted = (host: string, publicUrl: string | undefined): void => {
  if (isLoopback(host) || publicUrl?.startsWith('https:')) return;
  say(
    `${paint('yellow', 'warning', standardError)} other machines can reach ${host}, and tokens and events are` +
      ' not encrypted; put a TLS proxy in front, and set --public-url to its URL',
  );
};

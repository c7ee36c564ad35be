/** `annals delivery`: sets, tests, lists and pauses deliveries of a log to a place of the customer. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { command, connected, reasonOption, scopeOption } from '#cli/command.ts';
import { type ConnectionOptions, connect } from '#cli/connection.ts';
import { Failure } from '#cli/failure.ts';
import { collect, listAll } from '#cli/pages.ts';
import { print } from '#cli/print.ts';
import { showTime } from '#cli/table.ts';
import { presets } from '#domain/deliver/destination.ts';
import { deliveryFormats } from '#domain/deliver/form.ts';
import { encodePathId } from '#domain/http/path-id.ts';
import type { Api } from '#domain/http/shapes/shapes.ts';

type DeliveryOptions = ConnectionOptions & { scope: string; reason?: string };
type SetOptions = DeliveryOptions & {
  directory?: string;
  https?: string;
  preset?: string;
  format?: string;
  action?: string;
  from?: string;
  requestedBy?: string;
  paused?: boolean;
};
type ReplayOptions = DeliveryOptions & { runs: [number, number] };
type Delivery = Api<'Delivery'>;

const setExample = 'delivery set archive --scope acme --directory acme';

export const addDelivery = (program: Command): void => {
  const delivery = command(program, 'delivery', 'Manage deliveries of a log.', setExample);
  const ofScope = (name: string, description: string, example: string): Command =>
    connected(command(delivery, name, description, example)).requiredOption(...scopeOption);
  const ofDelivery = (
    name: string,
    description: string,
    example = `delivery ${name} archive --scope acme`,
  ): Command => ofScope(name, description, example).argument('<id>', 'the id of the delivery');
  ofDelivery(
    'set',
    'Create a delivery, or change it. A new one sends nothing until its test passes.',
    setExample,
  )
    .addOption(new Option('--directory <path>', 'a directory below <data>/deliveries').conflicts('https'))
    .option(
      '--https <url>',
      'an HTTPS receiver; its secret and headers are in ANNALS_DELIVERY_SECRET and ANNALS_DELIVERY_HEADERS',
    )
    .addOption(new Option('--preset <name>', 'how the receiver wants events').choices(presets))
    .addOption(new Option('--format <format>', 'the form of events (default: json)').choices(deliveryFormats))
    .option('--action <terms>', 'the actions to deliver, such as user.* (default: all)')
    .option('--from <time>', 'deliver what was filed from this time on (default: now)')
    .option('--requested-by <user>', 'the admin whose delivery it is')
    .option(...reasonOption)
    .option('--paused', 'create it without running it')
    .action(setDelivery);
  ofScope('list', 'List the deliveries of a scope.', 'delivery list --scope acme').action(listDeliveries);
  ofDelivery('show', 'Show a delivery and its health.').action(showDelivery);
  ofDelivery('test', 'Prove that the destination can be used, without an event.').action(testDelivery);
  ofDelivery('pause', 'Pause a delivery. Once resumed, it goes on where it stopped.')
    .option(...reasonOption)
    .action(post('pause'));
  ofDelivery('resume', 'Resume a delivery that is paused or has stopped.')
    .option(...reasonOption)
    .action(post('resume'));
  ofDelivery('replay', 'Send recorded runs again.', 'delivery replay archive --scope acme --runs 17-20')
    .addOption(new Option('--runs <first-last>', 'the runs').argParser(parseRuns).makeOptionMandatory())
    .option(...reasonOption)
    .action(replayDelivery);
  ofDelivery('delete', 'Delete a delivery. Its id cannot be used again.').action(deleteDelivery);
};

const parseRuns = (text: string): [number, number] => {
  const [, first, last = first] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(text) ?? [];
  if (first === undefined) throw new InvalidArgumentError('Expected runs as 17 or 17-20');
  return [Number(first), Number(last)];
};

const pathOf = (scope: string, id?: string): string =>
  `/v1/scopes/${encodePathId(scope)}/deliveries${id === undefined ? '' : `/${encodePathId(id)}`}`;

const placeOf = ({ destination }: Delivery): string => {
  switch (destination.type) {
    case 'directory':
      return `directory ${destination.path}`;
    case 's3':
      return `s3://${destination.bucket}/${destination.prefix ?? ''}`;
    case 'https':
      return destination.url;
  }
};

const rowOf = (delivery: Delivery) => ({
  id: delivery.id,
  state: delivery.state,
  destination: placeOf(delivery),
  'delivered to (UTC)': showTime(delivery.health.delivered_to),
  rows: delivery.health.rows,
  undelivered: delivery.health.undelivered.count,
});

const recordOf = (delivery: Delivery) => {
  const { health, stopped } = delivery;
  const wrong = stopped ?? health.failing;
  return {
    ...rowOf(delivery),
    format: delivery.format,
    runs: health.runs,
    owner: delivery.requested_by ?? 'the operator',
    wrong: wrong === null ? '' : `${wrong.meaning} (${wrong.code}). ${wrong.cure}`,
  };
};

const show = (options: ConnectionOptions, delivery: Delivery): Promise<void> =>
  print(options, delivery, { record: recordOf(delivery) });

const destinationOf = ({ directory, https, preset }: SetOptions) => {
  if (directory !== undefined) return { type: 'directory', path: directory };
  const { ANNALS_DELIVERY_SECRET: secret, ANNALS_DELIVERY_HEADERS: headers } = process.env;
  return {
    type: 'https',
    url: https ?? '',
    preset,
    // Secrets are no arguments: whoever lists processes would see them.
    ...(secret ? { secret } : {}),
    ...(headers ? { headers: headersOf(headers) } : {}),
  };
};

/** The parser's own message is not used: it quotes the content. */
const headersOf = (text: string): object => {
  try {
    return JSON.parse(text) as object;
  } catch {
    throw new Failure(2, 'Expected ANNALS_DELIVERY_HEADERS to be a JSON object of headers and values');
  }
};

const setDelivery = async (id: string, options: SetOptions): Promise<void> => {
  const connection = await connect(options, 'operator');
  const body = {
    destination: destinationOf(options),
    format: options.format,
    filter: options.action === undefined ? undefined : { action: options.action },
    from: options.from,
    requested_by: options.requestedBy,
    reason: options.reason,
    paused: options.paused ?? false,
  };
  return show(options, await connection.json(pathOf(options.scope, id), { method: 'PUT', body }));
};

const listDeliveries = async (options: DeliveryOptions): Promise<void> => {
  const connection = await connect(options, 'support');
  const deliveries = await collect<Delivery>(listAll(connection, pathOf(options.scope), 'deliveries'));
  return print(options, deliveries, {
    table: deliveries.map(rowOf),
    none: `The scope ${options.scope} has no deliveries; create one with "annals delivery set"`,
    whole: ['id', 'state'],
  });
};

const showDelivery = async (id: string, options: DeliveryOptions): Promise<void> => {
  const connection = await connect(options, 'support');
  return show(options, await connection.json(pathOf(options.scope, id)));
};

const testDelivery = async (id: string, options: DeliveryOptions): Promise<void> => {
  const connection = await connect(options, 'operator');
  const path = `${pathOf(options.scope, id)}/test`;
  const result = await connection.json<Api<'DeliveryTest'>>(path, { method: 'POST' });
  // The exit code tells scripts, whatever is printed.
  if (!result.ok) process.exitCode = 1;
  const done = result.ok ? 'The test passed' : `${result.meaning} (${result.code}). ${result.cure}`;
  return print(options, result, { done });
};

const post =
  (what: 'pause' | 'resume') =>
  async (id: string, options: DeliveryOptions): Promise<void> => {
    const connection = await connect(options, 'operator');
    const body = { reason: options.reason };
    const path = `${pathOf(options.scope, id)}/${what}`;
    return show(options, await connection.json(path, { method: 'POST', body }));
  };

const replayDelivery = async (id: string, options: ReplayOptions): Promise<void> => {
  const connection = await connect(options, 'operator');
  const [first_run, last_run] = options.runs;
  const body = { first_run, last_run, reason: options.reason };
  const path = `${pathOf(options.scope, id)}/replay`;
  const replay = await connection.json<Api<'Replay'>>(path, { method: 'POST', body });
  return print(options, replay, {
    done: `The runs ${first_run} to ${last_run} are sent again, as ${replay.id}`,
  });
};

const deleteDelivery = async (id: string, options: DeliveryOptions): Promise<void> => {
  const connection = await connect(options, 'operator');
  await connection.json<void>(pathOf(options.scope, id), { method: 'DELETE' });
  return print(options, { id }, { done: `Deleted the delivery ${id}; what it has handed over stays` });
};

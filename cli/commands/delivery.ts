/** `annals delivery`: sets, tests, lists and pauses deliveries of a log to a place of the customer. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { command, connected, reasonOption, scopeOption } from '#cli/command.ts';
import { type ConnectionOptions, connect } from '#cli/connection.ts';
import { deliveryChangeOf, type SetOptions } from '#cli/delivery/delivery-change.ts';
import { previewDelivery, putDelivery } from '#cli/delivery/put-delivery.ts';
import { recordOfDelivery, rowOfDelivery, setUpOf } from '#cli/delivery/show-delivery.ts';
import { collect, listAll } from '#cli/pages.ts';
import { print } from '#cli/print.ts';
import { presets } from '#domain/deliver/destination.ts';
import { deliveryFormats } from '#domain/deliver/form.ts';
import { encodePathId } from '#domain/http/path-id.ts';
import type { Api } from '#domain/http/shapes/shapes.ts';

type DeliveryOptions = ConnectionOptions & { scope: string; reason?: string };
type ReplayOptions = DeliveryOptions & { runs: [number, number] };
type Delivery = Api<'Delivery'>;

const setExample = 'delivery set archive --scope acme --directory acme';
const moreSetExamples = [
  'delivery set siem --scope acme --https https://siem.example.com/annals\n' +
    '--requested-by u-17 --secret-stdin < secret.txt',
  'delivery set siem --scope acme --end-rotation',
  'delivery set bucket --scope acme --bucket acme-logs --prefix audit\n' +
    '--region eu-central-1 --role arn:aws:iam::111122223333:role/annals --requested-by u-17',
];
const examplesOf = (name: string, given: readonly string[]): readonly string[] =>
  given.length > 0 ? given : [`delivery ${name} archive --scope acme`];

export const addDelivery = (program: Command): void => {
  const delivery = command(program, 'delivery', 'Manage deliveries of a log.', setExample);
  const ofScope = (name: string, description: string, ...examples: readonly string[]): Command =>
    connected(command(delivery, name, description, ...examples)).requiredOption(...scopeOption);
  const ofDelivery = (name: string, description: string, ...examples: readonly string[]): Command =>
    ofScope(name, description, ...examplesOf(name, examples)).argument('<id>', 'the id of the delivery');
  ofDelivery(
    'set',
    'Create a delivery, or change what the options name. A new one sends nothing until its test passes.',
    setExample,
    ...moreSetExamples,
  )
    .addOption(
      new Option('--directory <path>', 'a directory below <data>/deliveries').conflicts(['https', 'bucket']),
    )
    .addOption(
      new Option(
        '--https <url>',
        'an HTTPS receiver; ANNALS_DELIVERY_SECRET is its secret, ANNALS_DELIVERY_HEADERS are its headers as JSON',
      ).conflicts('bucket'),
    )
    .addOption(new Option('--preset <name>', 'how the receiver wants events').choices(presets))
    .option('--bucket <name>', 'a bucket in S3, on AWS')
    .option('--prefix <folders>', 'where in the bucket, such as logs/annals')
    .option('--region <name>', 'the region of the bucket')
    .option('--role <arn>', 'the role that may write into the bucket')
    .option('--secret-stdin', 'read a new secret from standard input; the one before stays live')
    .option('--end-rotation', 'end the rotation: only the newest secret stays live')
    .addOption(new Option('--remove-secret', 'no longer sign requests').conflicts('secretStdin'))
    .option('--remove-header <name>', 'no longer send this header; can be repeated', addTo)
    .addOption(new Option('--format <format>', 'the form of events (default: json)').choices(deliveryFormats))
    .option('--action <terms>', 'the actions to deliver, such as user.*, or "" for all (default: all)')
    .option('--from <time>', 'deliver what was filed from this time on (default: now)')
    .option('--requested-by <user>', 'the admin whose delivery it is')
    .option(...reasonOption)
    .option('--paused', 'pause it, or create it without running it')
    .option('--dry-run', 'show with how many events it would begin, and make nothing')
    .option('--yes', 'begin with events that were filed more than a day ago without being asked')
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

const addTo = (text: string, before: readonly string[] = []): string[] => [...before, text];

const parseRuns = (text: string): [number, number] => {
  const [, first, last = first] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(text) ?? [];
  if (first === undefined) throw new InvalidArgumentError('Expected runs as 17 or 17-20');
  return [Number(first), Number(last)];
};

const pathOf = (scope: string, id?: string): string =>
  `/v1/scopes/${encodePathId(scope)}/deliveries${id === undefined ? '' : `/${encodePathId(id)}`}`;

const show = (options: ConnectionOptions, delivery: Delivery): Promise<void> =>
  print(options, delivery, { record: recordOfDelivery(delivery), more: setUpOf(delivery) });

const setDelivery = async (id: string, options: DeliveryOptions & SetOptions): Promise<void> => {
  const connection = await connect(options, 'operator');
  const body = await deliveryChangeOf(options, { environment: process.env, input: process.stdin });
  const path = pathOf(options.scope, id);
  if (options.dryRun) return previewDelivery(connection, path, body, options);
  return show(options, await putDelivery(connection, path, body, options));
};

const listDeliveries = async (options: DeliveryOptions): Promise<void> => {
  const connection = await connect(options, 'support');
  const deliveries = await collect<Delivery>(listAll(connection, pathOf(options.scope), 'deliveries'));
  return print(options, deliveries, {
    table: deliveries.map(rowOfDelivery),
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

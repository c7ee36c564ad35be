/** deliver: every minute, from the ledger to the destinations of deliveries. */
import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { EventInvokeConfig } from 'aws-cdk-lib/aws-lambda';
import { Construct, type IDependable } from 'constructs';
import { installationKey } from '#domain/archive/layout.ts';
import {
  deliveriesPrefix,
  deliveryProgressPrefix,
  deliverySecretsPrefix,
  deliveryWorkPrefix,
  openDeliveriesPrefix,
} from '#domain/deliver/layout.ts';
import { noticesPrefix } from '#domain/export/notice-layout.ts';
import { AnnalsFunction } from '#lib/function/annals-function.ts';
import { directory, encryption, objects } from '#lib/function/permission.ts';
import type { Alarms } from '#lib/resources/alarms.ts';
import type { EventStream } from '#lib/resources/event-stream.ts';
import { assuming, deliveryEnvironment } from './delivering.ts';
import { reading } from './reading.ts';
import { reserved, type StageProps } from './stage.ts';

export type DeliverProps = StageProps & { stream: EventStream; alarms: Alarms; deliveryKey: string };

export class Deliver extends Construct {
  readonly function: AnnalsFunction<'deliver'>;
  readonly #minute: Rule;

  constructor(scope: Construct, id: string, props: DeliverProps) {
    super(scope, id);
    const { storage, stream, alarms, key, settings, catalogueModules, deliveryKey } = props;
    const { ledger, state, views, aside } = storage;
    const deliver = new AnnalsFunction(this, 'Function', {
      name: 'deliver',
      catalogueModules,
      key,
      logDays: settings.logDays,
      // Up to 16 runs at once, each as text and as the rows that it is made from.
      memoryMiB: 3008,
      timeout: Duration.minutes(5),
      // While one waits for destinations that hang, another serves the rest.
      concurrency: reserved(settings, 2),
      environment: {
        ANNALS_INSTALLATION: settings.stackName,
        ANNALS_BUCKETS: String(settings.buckets),
        ANNALS_STREAM: stream.stream.streamName,
        ANNALS_STATE: state.bucketName,
        ANNALS_LEDGER: ledger.bucketName,
        ANNALS_VIEWS: views.bucketName,
        ANNALS_ASIDE: aside.bucketName,
        ANNALS_STALL_SECONDS: String(settings.stallSeconds),
        ANNALS_DIRECTORY_FUNCTION: settings.directoryFunction ?? '',
        ...deliveryEnvironment(this, settings, deliveryKey),
      },
      permissions: [
        // Changes of a delivery, and of its state, are recorded.
        ...stream.puts(),
        ...reading(storage),
        objects('s3:GetObject', state, [
          deliveriesPrefix,
          openDeliveriesPrefix,
          deliveryProgressPrefix,
          deliveryWorkPrefix,
          deliverySecretsPrefix,
        ]),
        objects('s3:PutObject', state, [
          installationKey,
          deliveriesPrefix,
          openDeliveriesPrefix,
          deliveryProgressPrefix,
          deliveryWorkPrefix,
          noticesPrefix,
        ]),
        objects('s3:DeleteObject', state, [openDeliveriesPrefix, deliverySecretsPrefix]),
        ...directory(state, settings.directoryFunction),
        assuming(this),
        encryption(key, ['kms:Decrypt', 'kms:GenerateDataKey'], ['s3']),
      ],
    });
    this.function = deliver;

    // The next run goes on where this one stopped.
    const once = { retryAttempts: 0, maxEventAge: Duration.minutes(1) };
    new EventInvokeConfig(this, 'SingleFlight', { function: deliver, ...once });
    this.#minute = new Rule(this, 'Minute', {
      description: 'Annals hands over what was filed for deliveries',
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [new LambdaFunction(deliver, once)],
    });

    alarms.add('failing-deliveries', {
      metric: alarms.count('FailingDeliveries', 'max'),
      above: 0,
      periods: 15,
      meaning: 'For a quarter of an hour a delivery has failed or stopped, or could not be worked on.',
    });
    alarms.add('delivery-lag', {
      metric: alarms.count('DeliveryLag', 'max'),
      above: Duration.hours(1).toSeconds(),
      periods: 5,
      meaning: 'A delivery has not handed over what was filed more than an hour ago.',
    });
    alarms.add('deliver-errors', {
      metric: deliver.metricErrors({ statistic: 'sum', period: Duration.minutes(1) }),
      above: 0,
      periods: 5,
      meaning: 'Five runs of deliver in a row failed: no delivery goes on.',
    });
  }

  /** As with tick's minute: nothing is stored before everything is deployed. */
  startsAfter(...parts: IDependable[]): void {
    this.#minute.node.addDependency(...parts);
  }
}

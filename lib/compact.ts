/** compact: every quarter of an hour, from the closed days of the ledger to segments among the views. */
import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { EventInvokeConfig } from 'aws-cdk-lib/aws-lambda';
import { Construct, type IDependable } from 'constructs';
import { eventsPrefix, installationKey, watermarkPrefix } from '#domain/archive/layout.ts';
import { compactPrefix, recentPrefix, segmentsPrefix } from '#domain/compact/layout.ts';
import { exportsRoot } from '#domain/export/layout.ts';
import { AnnalsFunction } from '#lib/function/annals-function.ts';
import { encryption, listing, objects } from '#lib/function/permission.ts';
import type { Alarms } from '#lib/resources/alarms.ts';
import { reserved, type StageProps } from './stage.ts';

export type CompactProps = StageProps & { alarms: Alarms };

export class Compact extends Construct {
  readonly function: AnnalsFunction<'compact'>;
  readonly #quarter: Rule;

  constructor(scope: Construct, id: string, { storage, alarms, key, settings }: CompactProps) {
    super(scope, id);
    const { ledger, state, views } = storage;
    const compact = new AnnalsFunction(this, 'Function', {
      name: 'compact',
      key,
      logDays: settings.logDays,
      // The text of a segment, its rows, and what is written of them; measured in docs/benchmarks.md.
      memoryMiB: 2048,
      timeout: Duration.minutes(15),
      // Two at once would only wait for each other's leases.
      concurrency: reserved(settings, 1),
      environment: {
        ANNALS_INSTALLATION: settings.stackName,
        ANNALS_BUCKETS: String(settings.buckets),
        ANNALS_LEDGER: ledger.bucketName,
        ANNALS_STATE: state.bucketName,
        ANNALS_VIEWS: views.bucketName,
      },
      permissions: [
        listing(ledger),
        objects('s3:GetObject', ledger, [eventsPrefix]),
        listing(state),
        // How far the log is filed, and which segments open exports read.
        objects('s3:GetObject', state, [watermarkPrefix, exportsRoot, compactPrefix, installationKey]),
        objects('s3:PutObject', state, [compactPrefix, installationKey]),
        listing(views),
        objects('s3:GetObject', views, [segmentsPrefix, recentPrefix]),
        objects('s3:PutObject', views, [segmentsPrefix, recentPrefix]),
        objects('s3:DeleteObject', views, [segmentsPrefix, recentPrefix]),
        encryption(key, ['kms:Decrypt', 'kms:GenerateDataKey'], ['s3']),
      ],
    });
    this.function = compact;
    storage.onlyChangedBy(views, compact.role!);

    // The next run goes on where this one stopped.
    const once = { retryAttempts: 0, maxEventAge: Duration.minutes(15) };
    new EventInvokeConfig(this, 'SingleFlight', { function: compact, ...once });
    this.#quarter = new Rule(this, 'Quarter', {
      description: 'Annals compacts the days that have closed',
      schedule: Schedule.rate(Duration.minutes(15)),
      targets: [new LambdaFunction(compact, once)],
    });

    alarms.add('compaction-faults', {
      metric: alarms.count('CompactionFaults', 'max', Duration.minutes(15)),
      above: 0,
      meaning: 'A bucket could not be compacted, or a compacted day is no longer what the ledger has.',
    });
    alarms.add('compaction-lag', {
      metric: alarms.count('CompactionLag', 'max', Duration.minutes(15)),
      above: Duration.days(1).toSeconds(),
      periods: 8,
      whenMissing: 'unwell',
      meaning: 'A day that closed a day ago is not compacted, or compact does not run: reads cost more.',
    });
  }

  /** As with tick's minute: nothing is stored before everything is deployed. */
  startsAfter(...parts: IDependable[]): void {
    this.#quarter.node.addDependency(...parts);
  }
}

/** finish: from Athena's state change to a CSV and its manifest. */
import { Duration } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import { exportsByQueryPrefix } from '#domain/export/layout.ts';
import { AnnalsFunction } from '#lib/function/annals-function.ts';
import { objects } from '#lib/function/permission.ts';
import type { Alarms } from '#lib/resources/alarms.ts';
import type { DeadLetters } from '#lib/resources/dead-letters.ts';
import {
  type CarryingProps,
  completingPermissions,
  exportEnvironment,
  exportPermissions,
} from './export-permissions.ts';
import { reserved } from './stage.ts';

export type FinishProps = CarryingProps & { deadLetters: DeadLetters; alarms: Alarms };

export class Finish extends Construct {
  constructor(scope: Construct, id: string, props: FinishProps) {
    super(scope, id);
    const { storage, table, deadLetters, alarms, key, settings } = props;
    const finish = new AnnalsFunction(this, 'Function', {
      name: 'finish',
      key,
      logDays: settings.logDays,
      // The ids of an export are remembered to count reused ones: 17 bytes each, twice that while the table
      // grows.
      memoryMiB: 1769,
      timeout: Duration.minutes(15),
      // Each writes a file as fast as S3 takes it; more at once would only make all of them slower.
      concurrency: reserved(settings, 10),
      environment: exportEnvironment(props),
      permissions: [
        ...exportPermissions(props),
        ...completingPermissions(props),
        objects('s3:GetObject', storage.state, [exportsByQueryPrefix]),
        deadLetters.receiving(),
      ],
    });

    deadLetters.catches(finish, 2, Duration.hours(1));
    new Rule(this, 'QueryStateChange', {
      description: 'A query of Annals has ended',
      eventPattern: {
        source: ['aws.athena'],
        detailType: ['Athena Query State Change'],
        detail: {
          workgroupName: [table.workGroup],
          currentState: ['SUCCEEDED', 'FAILED', 'CANCELLED'],
        },
      },
      targets: [
        new LambdaFunction(finish, {
          deadLetterQueue: deadLetters.queue,
          maxEventAge: Duration.hours(2),
          retryAttempts: 8,
        }),
      ],
    });

    alarms.add('segment-faults', {
      metric: alarms.count('SegmentFaults', 'sum'),
      above: 0,
      meaning:
        'A compacted day does not have the segments that were written; exports read it from the ledger.',
    });
    alarms.add('export-failures', {
      metric: alarms.count('FailedExports', 'sum'),
      above: 0,
      meaning: 'An export has failed: the requester got no file.',
    });
  }
}

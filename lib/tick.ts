/** tick: every minute heartbeats, metrics, and whatever is open. */
import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { EventInvokeConfig } from 'aws-cdk-lib/aws-lambda';
import { Construct, type IDependable } from 'constructs';
import { gapEndsPrefix, onFailurePrefix, quarantineRoot, redrivesPrefix } from '#domain/archive/layout.ts';
import { endedRefusedPrefix, openRefusedPrefix, refusedRoot } from '#domain/refused/layout.ts';
import { schedulesDuePrefix } from '#domain/schedule/layout.ts';
import { AnnalsFunction } from '#lib/function/annals-function.ts';
import { administering, asking, directory, objects, scheduling } from '#lib/function/permission.ts';
import type { Alarms } from '#lib/resources/alarms.ts';
import {
  type CarryingProps,
  completingPermissions,
  exportEnvironment,
  exportPermissions,
  freezingPermissions,
} from './export-permissions.ts';
import { reserved } from './stage.ts';

export type TickProps = CarryingProps & { alarms: Alarms };

export class Tick extends Construct {
  readonly function: AnnalsFunction<'tick'>;
  readonly #minute: Rule;

  constructor(scope: Construct, id: string, props: TickProps) {
    super(scope, id);
    const { storage, alarms, key, settings } = props;
    const { state, aside } = storage;
    const tick = new AnnalsFunction(this, 'Function', {
      name: 'tick',
      key,
      logDays: settings.logDays,
      // It finishes exports whose state change was lost, so it has what finish has.
      memoryMiB: 1769,
      timeout: Duration.minutes(15),
      // Heartbeats continue while an earlier tick writes a large file. The limit keeps ticks from piling up
      // if something hangs.
      concurrency: reserved(settings, 5),
      environment: {
        ...exportEnvironment(props),
        ANNALS_DIRECTORY_FUNCTION: settings.directoryFunction ?? '',
        ANNALS_REFUSED_DAYS: String(settings.refusedDays),
      },
      permissions: [
        ...exportPermissions(props),
        ...completingPermissions(props),
        ...freezingPermissions(props),
        ...asking(state),
        ...scheduling(state),
        ...directory(state, settings.directoryFunction),
        ...administering(state, settings.directoryFunction),
        objects('s3:GetObject', state, [redrivesPrefix]),
        objects('s3:PutObject', state, [gapEndsPrefix]),
        // The end of a gap says what was put aside; some days later that is deleted.
        objects('s3:GetObject', state, [quarantineRoot]),
        objects('s3:GetObject', aside, [quarantineRoot]),
        objects('s3:DeleteObject', aside, [quarantineRoot, onFailurePrefix, refusedRoot]),
        // Refused items that have been kept long enough, and how much the others take.
        objects('s3:GetObject', state, [refusedRoot]),
        objects('s3:PutObject', state, [refusedRoot, endedRefusedPrefix]),
        objects('s3:DeleteObject', state, [openRefusedPrefix, endedRefusedPrefix]),
        objects('s3:DeleteObject', state, [redrivesPrefix, schedulesDuePrefix]),
      ],
    });
    this.function = tick;

    // The next tick comes in a minute and does what this one could not: retrying would only double the load.
    const once = { retryAttempts: 0, maxEventAge: Duration.minutes(1) };
    new EventInvokeConfig(this, 'SingleFlight', { function: tick, ...once });
    this.#minute = new Rule(this, 'Minute', {
      description: 'The tick of Annals',
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [new LambdaFunction(tick, once)],
    });

    alarms.add('filing-lag', {
      metric: alarms.count('FilingLag', 'max'),
      above: Duration.minutes(15).toSeconds(),
      periods: 5,
      whenMissing: 'unwell',
      meaning: 'Heartbeats are not filed: no export holds the events of the last quarter of an hour yet.',
    });
    alarms.add('open-gaps', {
      metric: alarms.count('OpenGaps', 'max'),
      above: 0,
      meaning: 'Something could not be filed and was put aside; every export that may lack it says so.',
    });
    alarms.add('open-exports', {
      metric: alarms.count('OldestOpenExport', 'max'),
      above: Duration.hours(1).toSeconds(),
      meaning: 'An export has been open for more than an hour.',
    });
    alarms.add('refused-items', {
      metric: alarms.count('OpenRefusedItems', 'max'),
      above: 0,
      meaning: 'Events were refused, and are kept until somebody sends them again or dismisses them.',
    });
    alarms.add('undelivered-notices', {
      metric: alarms.count('UndeliveredNotices', 'max'),
      above: 0,
      meaning: 'A notice about an export or a delivery could not be delivered for a day.',
    });
    alarms.add('tick-errors', {
      metric: tick.metricErrors({ statistic: 'sum', period: Duration.minutes(1) }),
      above: 0,
      periods: 5,
      meaning: 'Five ticks in a row could not do everything.',
    });
  }

  /**
   * The first minute comes once all of this is deployed. Until then nothing is stored, so the rollback of a
   * first deploy can delete what it made: CloudFormation deletes no bucket that holds something.
   */
  startsAfter(...parts: IDependable[]): void {
    this.#minute.node.addDependency(...parts);
  }
}

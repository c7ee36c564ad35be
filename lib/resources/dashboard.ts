/** One dashboard: what comes in, how far it is filed, what waits, what is wrong, and what to do about it. */
import { Duration, Stack } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  SingleValueWidget,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { MetricName } from '#domain/metrics.ts';
import type { Alarms } from './alarms.ts';
import { readRunbook } from './runbook.ts';

export type OverviewProps = { alarms: Alarms };

export class Overview extends Construct {
  constructor(scope: Construct, id: string, { alarms }: OverviewProps) {
    super(scope, id);
    const name = Stack.of(this).stackName;
    const graph = (title: string, statistic: 'sum' | 'max', names: readonly MetricName[]) =>
      new GraphWidget({
        title,
        width: 12,
        left: names.map(metric => alarms.count(metric, statistic, Duration.minutes(5))),
      });
    const dashboard = new Dashboard(this, 'Dashboard', { dashboardName: name });
    dashboard.addWidgets(new AlarmStatusWidget({ title: 'Alarms', width: 24, alarms: alarms.all }));
    dashboard.addWidgets(
      graph('Received', 'sum', [
        'AcceptedEvents',
        'RejectedEvents',
        'RefusedNotKept',
        'NotStoredEvents',
        'UncataloguedEvents',
      ]),
      graph('Filed', 'sum', ['FiledRows', 'QuarantinedPieces']),
    );
    dashboard.addWidgets(
      graph('How far behind the log is', 'max', ['FilingLag']),
      graph('Exports', 'sum', ['SucceededExports', 'FailedExports']),
    );
    dashboard.addWidgets(
      graph('Compacted', 'sum', ['CompactedRows', 'CompactionFaults']),
      graph('How far behind compaction is', 'max', ['CompactionLag']),
    );
    dashboard.addWidgets(
      graph('Delivered', 'sum', ['DeliveredRows']),
      graph('How far behind the last delivery is', 'max', ['DeliveryLag']),
    );
    dashboard.addWidgets(
      new SingleValueWidget({
        title: 'Now',
        width: 24,
        metrics: (
          [
            'FilingLag',
            'OpenGaps',
            'OpenExports',
            'OldestOpenExport',
            'UndeliveredNotices',
            'FailingDeliveries',
            'OpenRefusedItems',
            'RefusedBytes',
          ] as const
        ).map(metric => alarms.count(metric, 'max')),
      }),
    );
    const runbook = readRunbook();
    for (const { node } of alarms.all) dashboard.addWidgets(sectionWidget(node.id, runbook.get(node.id)));
  }
}

/** Characters that a line of a widget over the whole width holds, roughly. */
const lineCharacters = 200;

const sectionWidget = (heading: string, markdown: string | undefined): TextWidget => {
  if (markdown === undefined) throw new Error(`docs/runbook.md has no section for the alarm "${heading}"`);
  const lines = markdown
    .split('\n')
    .map(line => Math.max(1, Math.ceil(line.length / lineCharacters)))
    .reduce((sum, count) => sum + count, 0);
  return new TextWidget({ markdown, width: 24, height: Math.ceil(lines / 2) + 1 });
};

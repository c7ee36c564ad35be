/**
 * The alarms, each named for its section of the runbook, which its description links to. They tell one topic, the
 * company's own or one that is made here.
 */
import { Duration, Stack } from 'aws-cdk-lib';
import {
  Alarm,
  type AlarmProps,
  ComparisonOperator,
  type IMetric,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { type MetricName, metricDimension, metricNamespace } from '#domain/metrics.ts';
import type { Settings } from './settings.ts';

export type AlarmsProps = { key: IKey; settings: Settings };

export type AlarmDeclaration = {
  metric: IMetric;
  /** Raised above this. */
  above: number;
  /** For so many periods in a row. */
  periods?: number;
  /** What it means that nothing was measured; by default, that nothing happened. */
  whenMissing?: 'well' | 'unwell';
  /** What it means, in a sentence. */
  meaning: string;
};

export class Alarms extends Construct {
  readonly topic: ITopic;
  readonly all: Alarm[] = [];
  readonly #settings: Settings;

  constructor(scope: Construct, id: string, { key, settings }: AlarmsProps) {
    super(scope, id);
    this.#settings = settings;
    this.topic =
      settings.alarmTopic === undefined
        ? new Topic(this, 'Topic', { masterKey: key, enforceSSL: true })
        : Topic.fromTopicArn(this, 'Topic', settings.alarmTopic);
  }

  /** `heading` is that of the runbook's section. */
  add(
    heading: string,
    { metric, above, periods = 1, whenMissing = 'well', meaning }: AlarmDeclaration,
  ): void {
    const props: AlarmProps = {
      alarmName: `${Stack.of(this).stackName}-${heading}`,
      alarmDescription: `${meaning} ${this.#settings.runbookUrl}#${heading}`,
      metric,
      threshold: above,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: periods,
      treatMissingData: whenMissing === 'well' ? TreatMissingData.NOT_BREACHING : TreatMissingData.BREACHING,
    };
    const alarm = new Alarm(this, heading, props);
    alarm.addAlarmAction(new SnsAction(this.topic));
    alarm.addOkAction(new SnsAction(this.topic));
    this.all.push(alarm);
  }

  /** A metric that the functions count themselves. */
  count(metricName: MetricName, statistic: 'sum' | 'max', period = Duration.minutes(1)): Metric {
    return new Metric({
      namespace: metricNamespace,
      metricName,
      dimensionsMap: { [metricDimension]: this.#settings.stackName },
      statistic,
      period,
    });
  }
}

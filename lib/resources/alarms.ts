/**
 * The alarms, each named after its section of the runbook, which its description names. They notify one
 * topic, the company's own or one that is made here.
 */
import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import {
  Alarm,
  type AlarmProps,
  ComparisonOperator,
  type IMetric,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { type MetricName, metricDimension, metricNamespace } from '#domain/metrics.ts';
import type { Settings } from '#lib/settings.ts';
import { dashboardUrl } from './runbook.ts';

export type AlarmsProps = { key: IKey; settings: Settings };

export type AlarmDeclaration = {
  metric: IMetric;
  /** Raised above this value. */
  above: number;
  /** For this many periods in a row. */
  periods?: number;
  /** What missing data means; by default, that nothing happened. */
  whenMissing?: 'well' | 'unwell';
  /** What the alarm means, in a sentence. */
  meaning: string;
};

const anyAlarm = {
  service: 'cloudwatch',
  resource: 'alarm',
  resourceName: '*',
  arnFormat: ArnFormat.COLON_RESOURCE_NAME,
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
        ? this.#ownTopic(key)
        : Topic.fromTopicArn(this, 'Topic', settings.alarmTopic);
  }

  /**
   * A topic to which CloudWatch may publish the alarms of this account, using the key. `enforceSSL` gives the
   * topic a policy of its own, which replaces SNS's default: without this statement no alarm reaches anybody.
   *
   * https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
   */
  #ownTopic(key: IKey): ITopic {
    const topic = new Topic(this, 'Topic', { masterKey: key, enforceSSL: true });
    const { account } = Stack.of(this);
    const allow = (actions: string[], resources: string[]) =>
      new PolicyStatement({
        sid: 'AlarmsOfThisAccount',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions,
        resources,
        conditions: {
          StringEquals: { 'aws:SourceAccount': account },
          ArnLike: { 'aws:SourceArn': Stack.of(this).formatArn(anyAlarm) },
        },
      });
    topic.addToResourcePolicy(allow(['sns:Publish'], [topic.topicArn]));
    key.addToResourcePolicy(allow(['kms:Decrypt', 'kms:GenerateDataKey*'], ['*']));
    return topic;
  }

  /** `heading` is that of the runbook's section. */
  add(
    heading: string,
    { metric, above, periods = 1, whenMissing = 'well', meaning }: AlarmDeclaration,
  ): void {
    const props: AlarmProps = {
      alarmName: `${Stack.of(this).stackName}-${heading}`,
      alarmDescription: `${meaning} ${this.#sectionOf(heading)}`,
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

  /** Where the section of an alarm is. The console has no anchors within a dashboard. */
  #sectionOf(heading: string): string {
    const { runbookUrl } = this.#settings;
    if (runbookUrl !== undefined) return `${runbookUrl}#${heading}`;
    const { region, stackName } = Stack.of(this);
    return `What to do is on the dashboard, under "${heading}": ${dashboardUrl(region, stackName)}`;
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

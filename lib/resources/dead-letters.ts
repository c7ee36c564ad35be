/** The queue of events that a function could not be given or could not handle, despite all retries. */
import { Duration } from 'aws-cdk-lib';
import { EventInvokeConfig, type IFunction } from 'aws-cdk-lib/aws-lambda';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledge } from '#lib/function/acknowledge.ts';
import type { Permission } from '#lib/function/permission.ts';
import type { Alarms } from './alarms.ts';

export type DeadLettersProps = { alarms: Alarms };

export class DeadLetters extends Construct {
  readonly queue: Queue;

  constructor(scope: Construct, id: string, { alarms }: DeadLettersProps) {
    super(scope, id);
    this.queue = new Queue(this, 'Queue', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    acknowledge(this.queue, 'AwsSolutions-SQS3', 'It is the dead-letter queue');
    alarms.add('dead-letters', {
      metric: this.queue.metricApproximateNumberOfMessagesVisible({
        statistic: 'max',
        period: Duration.minutes(1),
      }),
      above: 0,
      meaning: 'An event could not be handled, despite all retries; tick finishes the exports without it.',
    });
  }

  /** Lambda uses the function's role to send what the function failed on. */
  receiving(): Permission {
    return { actions: ['sqs:SendMessage'], resources: [this.queue.queueArn] };
  }

  /** EventBridge retries the function this often and this long; then the event is here. */
  catches(handler: IFunction, retryAttempts: number, maxEventAge: Duration): void {
    new EventInvokeConfig(handler, 'DeadLetters', {
      function: handler,
      retryAttempts,
      maxEventAge,
      onFailure: { bind: () => ({ destination: this.queue.queueArn }) },
    });
  }
}

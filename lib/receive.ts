/**
 * receive: where events come in. A Function URL under IAM, and an alias for services that invoke it
 * themselves.
 */
import { Duration, Stack } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Alias, FunctionUrlAuthType } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { installationKey } from '#domain/archive/layout.ts';
import { directAlias } from '#domain/http/routes.ts';
import { refusedUsageKey } from '#domain/refused/layout.ts';
import { AnnalsFunction } from '#lib/function/annals-function.ts';
import {
  acknowledgeWildcards,
  encryption,
  objects,
  outputs,
  type Permission,
  statementOf,
} from '#lib/function/permission.ts';
import type { Alarms } from '#lib/resources/alarms.ts';
import type { EventStream } from '#lib/resources/event-stream.ts';
import type { StageProps } from './stage.ts';

export type ReceiveProps = StageProps & { stream: EventStream; alarms: Alarms };

export class Receive extends Construct {
  readonly url: string;
  /** For roles that send by HTTP. */
  readonly emitters: ManagedPolicy;
  /** What they need to send. */
  readonly sends: readonly Permission[];
  /** For roles that invoke the function. */
  readonly directEmitters: ManagedPolicy;

  constructor(
    scope: Construct,
    id: string,
    { stream, storage, alarms, key, settings, catalogueModules }: ReceiveProps,
  ) {
    super(scope, id);
    const { state } = storage;
    const receive = new AnnalsFunction(this, 'Function', {
      name: 'receive',
      catalogueModules,
      key,
      logDays: settings.logDays,
      memoryMiB: 512,
      // The stream has 8 seconds to take everything; the rest is for reading the body and for the answer.
      timeout: Duration.seconds(15),
      // Unlimited by default: rejecting events protects nothing but the other functions of the account.
      concurrency: settings.receiveConcurrency,
      environment: {
        ANNALS_INSTALLATION: settings.stackName,
        ANNALS_BUCKETS: String(settings.buckets),
        ANNALS_STREAM: stream.stream.streamName,
        ANNALS_STATE: state.bucketName,
        ANNALS_CATALOGUE_MODE: settings.catalogueMode,
        ANNALS_REFUSED_BYTES: String(settings.refusedBytes),
      },
      permissions: [
        ...stream.puts(),
        objects('s3:GetObject', state, [installationKey, refusedUsageKey]),
        objects('s3:PutObject', state, [installationKey]),
        encryption(key, ['kms:Decrypt', 'kms:GenerateDataKey'], ['s3']),
      ],
    });

    const url = receive.addFunctionUrl({ authType: FunctionUrlAuthType.AWS_IAM });
    this.url = url.url;
    const direct = new Alias(this, 'Direct', { aliasName: directAlias, version: receive.currentVersion });
    // Anyone who may invoke the function itself could write the event that the URL makes, and with it the
    // sender.
    this.sends = [
      {
        actions: ['lambda:InvokeFunctionUrl'],
        resources: [receive.functionArn],
        conditions: { StringEquals: { 'lambda:FunctionUrlAuthType': 'AWS_IAM' } },
      },
      {
        actions: ['lambda:InvokeFunction'],
        resources: [receive.functionArn],
        conditions: { Bool: { 'lambda:InvokedViaFunctionUrl': 'true' } },
      },
      outputs(this),
    ];
    this.emitters = new ManagedPolicy(this, 'Emitters', {
      description: `Send audit events to ${Stack.of(this).stackName} by its URL`,
      statements: this.sends.map(statementOf),
    });
    acknowledgeWildcards(this.emitters, this.sends);
    this.directEmitters = new ManagedPolicy(this, 'DirectEmitters', {
      description: `Send audit events to ${Stack.of(this).stackName} by invoking its function`,
      statements: [
        new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [direct.functionArn] }),
      ],
    });

    const minute = { period: Duration.minutes(1), statistic: 'sum' };
    const errors = new Metric({
      namespace: 'AWS/Lambda',
      metricName: 'Url5xxCount',
      dimensionsMap: { FunctionName: receive.functionName },
      ...minute,
    });
    alarms.add('receive-errors', {
      metric: errors,
      above: 0,
      meaning: 'Emitters got 5xx from the URL: their events were not taken, and must be sent again.',
    });
    alarms.add('receive-direct-errors', {
      metric: receive.metricErrors(minute),
      above: 0,
      meaning: 'receive failed or ran out of time; services that invoke it got an error.',
    });
    alarms.add('refused-not-kept', {
      metric: alarms.count('RefusedNotKept', 'sum'),
      above: 0,
      meaning: 'Events were refused and could not be kept: those that are not sent again are lost.',
    });
    alarms.add('receive-throttles', {
      metric: receive.metricThrottles(minute),
      above: 0,
      meaning: 'Emitters were throttled, because too many instances of receive were running.',
    });
  }
}

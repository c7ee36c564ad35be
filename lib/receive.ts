/**
 * receive: where events come in. A Function URL under IAM, and an alias for services that invoke it
 * themselves.
 */
import { Duration, Stack, Token } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { ArnPrincipal, Grant, type IGrantable, ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
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
  /** What they need to send, and to find the URL by the name of the stack. */
  readonly sends: readonly Permission[];
  readonly #uses: readonly Permission[];
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
    this.#uses = [
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
    ];
    this.sends = [...this.#uses, outputs(this)];
    // Another account needs both, a policy of its role's and this one. Each role is named, since anyone who
    // administers an account that is named as a whole could send in the name of any of its roles.
    settings.emitterRoles.forEach((role, index) => {
      const principal = new ArnPrincipal(role);
      receive.addPermission(`Emitter${index}Url`, {
        principal,
        action: 'lambda:InvokeFunctionUrl',
        functionUrlAuthType: FunctionUrlAuthType.AWS_IAM,
      });
      receive.addPermission(`Emitter${index}`, {
        principal,
        action: 'lambda:InvokeFunction',
        invokedViaFunctionUrl: true,
      });
    });
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

  /**
   * Lets a role of the same account send events by the URL. Throws for one of another account, which
   * `emitterRoles` has to name too.
   */
  grantSend(grantee: IGrantable): Grant {
    const { principalAccount } = grantee.grantPrincipal;
    const { account } = Stack.of(this);
    if (
      principalAccount !== undefined &&
      !Token.isUnresolved(principalAccount) &&
      !Token.isUnresolved(account) &&
      principalAccount !== account
    )
      throw new Error(
        `The role is of the account ${principalAccount}, and Annals of ${account}: name it in emitterRoles, and ` +
          'see "Emitters in other accounts" in docs/deploy.md for the policy that it needs',
      );
    return this.#uses
      .map(({ actions, resources, conditions }) =>
        Grant.addToPrincipal({
          grantee,
          actions,
          resourceArns: resources,
          ...(conditions ? { conditions: conditions as Record<string, Record<string, unknown>> } : {}),
        }),
      )
      .reduce((all, one) => all.combine(one));
  }
}

/**
 * The HTTP APIs, made from the routes of domain/: one for staff, under IAM, and one for customers, under the
 * tokens of an issuer. The same functions serve both; the authorizer tells them who calls.
 */
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  ApiMapping,
  DomainName,
  HttpApi,
  type HttpMethod,
  HttpNoneAuthorizer,
  HttpStage,
  type IHttpRouteAuthorizer,
  LogGroupLogDestination,
  SecurityPolicy,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer, HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Access } from '#domain/http/routes/route.ts';
import { routes } from '#domain/http/routes.ts';
import { acknowledge } from '#lib/function/acknowledge.ts';
import { acknowledgeWildcards, outputs, type Permission, statementOf } from '#lib/function/permission.ts';
import type { Settings } from '#lib/settings.ts';
import type { Alarms } from './alarms.ts';

/** The functions behind routes. receive has a URL of its own. */
export type RouteFunctions = Record<'browse' | 'export' | 'manage' | 'describe', IFunction>;
export type DoorProps = { handlers: RouteFunctions; alarms: Alarms; key: IKey; settings: Settings };

/** Requests per second, and the burst after a pause: for people and their tools, not for emitters. */
const throttle = { rateLimit: 50, burstLimit: 100 };

type Door = { name: 'staff' | 'customers'; authorizer: IHttpRouteAuthorizer; admits: readonly Access[] };

abstract class HttpDoor extends Construct {
  readonly api: HttpApi;
  protected readonly stage: HttpStage;

  constructor(
    scope: Construct,
    id: string,
    { handlers, alarms, key, settings }: DoorProps,
    { name, authorizer, admits }: Door,
  ) {
    super(scope, id);
    this.api = new HttpApi(this, 'Api', {
      apiName: `${Stack.of(this).stackName}-${name}`,
      createDefaultStage: false,
    });
    for (const { key: routeKey, function: handler, access } of routes) {
      if (handler === 'receive' || !admits.includes(access)) continue;
      const [method, path] = routeKey.split(' ') as [HttpMethod, string];
      const [route] = this.api.addRoutes({
        path,
        methods: [method],
        integration: new HttpLambdaIntegration(handler, handlers[handler]),
        authorizer: access === 'anyone' ? new HttpNoneAuthorizer() : authorizer,
      });
      if (access === 'anyone')
        acknowledge(
          route!,
          'AwsSolutions-APIG4',
          'Health and the catalogue are public, and say nothing about anybody',
        );
    }
    const logGroup = new LogGroup(this, 'AccessLog', {
      // Below this prefix API Gateway may deliver. Otherwise each log group takes room in the account's one
      // resource policy of CloudWatch Logs, and a deploy fails once that is full.
      // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
      logGroupName: `/aws/vendedlogs/annals/${Stack.of(this).stackName}-${name}`,
      retention: settings.logDays as RetentionDays,
      encryptionKey: key,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.stage = new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      throttle,
      accessLogSettings: { destination: new LogGroupLogDestination(logGroup) },
    });
    alarms.add(`${name}-errors`, {
      metric: this.stage.metricServerError({ statistic: 'sum', period: Duration.minutes(1) }),
      above: 0,
      meaning: `The API of ${name} answered with 5xx.`,
    });
  }

  get url(): string {
    return this.stage.url;
  }
}

export class StaffDoor extends HttpDoor {
  /** For the roles of support and the operator; the settings say which is which. */
  readonly staff: ManagedPolicy;
  /** What they need to call the API. */
  readonly calls: readonly Permission[];

  constructor(scope: Construct, id: string, props: DoorProps) {
    super(scope, id, props, {
      name: 'staff',
      authorizer: new HttpIamAuthorizer(),
      admits: ['readers', 'operator', 'anyone'],
    });
    this.calls = [
      {
        actions: ['execute-api:Invoke'],
        resources: [this.api.arnForExecuteApi()],
        reason: 'Every route of this API is for staff; the function decides by the role who may do what',
      },
      outputs(this),
    ];
    this.staff = new ManagedPolicy(this, 'Staff', {
      description: `Call the API for staff of ${Stack.of(this).stackName}`,
      statements: this.calls.map(statementOf),
    });
    acknowledgeWildcards(this.staff, this.calls);
  }
}

export type CustomersDoorProps = DoorProps & { issuer: string; audience: readonly string[] };

export class CustomersDoor extends HttpDoor {
  /** What a domain of the company's has to name in DNS; undefined if it has none. */
  readonly target: string | undefined;
  readonly #domain: string | undefined;

  constructor(scope: Construct, id: string, { issuer, audience, ...props }: CustomersDoorProps) {
    const authorizer = new HttpJwtAuthorizer('Tokens', issuer, { jwtAudience: [...audience] });
    super(scope, id, props, { name: 'customers', authorizer, admits: ['readers', 'anyone'] });
    const { apiDomain, apiCertificate } = props.settings;
    if (apiDomain === undefined) return;
    // The page's distribution goes on using the API's own name.
    const name = new DomainName(this, 'Domain', {
      domainName: apiDomain,
      certificate: Certificate.fromCertificateArn(this, 'Certificate', apiCertificate!),
      securityPolicy: SecurityPolicy.TLS_1_2,
    });
    new ApiMapping(this, 'Mapping', { api: this.api, domainName: name, stage: this.stage });
    this.#domain = apiDomain;
    this.target = name.regionalDomainName;
  }

  override get url(): string {
    return this.#domain === undefined ? super.url : `https://${this.#domain}/`;
  }
}

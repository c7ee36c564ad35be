/**
 * The only way to make a Lambda here: one file of functions/ as one bundle, on the newest runtime, with its
 * typed environment, a log group that is encrypted and expires, and a role with exactly the permissions of
 * its stage. Lambda's own lines for each invocation are left out: a line per request would cost more than its
 * events.
 */
import { join } from 'node:path';
import { type Duration, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyDocument, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  ApplicationLogLevel,
  Architecture,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
} from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { EnvironmentOf, FunctionName } from '#aws/environment.ts';
import { acknowledgeWildcards, type Permission, statementOf } from './permission.ts';

export type AnnalsFunctionProps<F extends FunctionName> = {
  name: F;
  environment: EnvironmentOf<NoInfer<F>>;
  permissions: readonly Permission[];
  memoryMiB: number;
  timeout: Duration;
  /** How many may run at once, if more would do harm. */
  concurrency: number | undefined;
  key: IKey;
  logDays: number;
  /** What to bundle in the place of modules of the catalogue, for a function that uses it. */
  catalogueModules?: Readonly<Record<string, string>>;
};

const root = join(import.meta.dirname, '..', '..');

export class AnnalsFunction<F extends FunctionName> extends NodejsFunction {
  constructor(scope: Construct, id: string, props: AnnalsFunctionProps<F>) {
    const logGroup = new LogGroup(scope, `${id}Log`, {
      retention: props.logDays as RetentionDays,
      encryptionKey: props.key,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const permissions: Permission[] = [
      ...props.permissions,
      {
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
        reason: 'The ARN of a log group ends with a wildcard for its streams, which Lambda names',
      },
    ];
    const role = new Role(scope, `${id}Role`, {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: { permissions: new PolicyDocument({ statements: permissions.map(statementOf) }) },
    });
    acknowledgeWildcards(role, permissions);
    super(scope, id, {
      entry: join(root, 'functions', `${props.name}.ts`),
      handler: 'handler',
      projectRoot: root,
      // It decides nothing, since nothing is installed into a bundle; a package has no lock file.
      depsLockFilePath: join(root, 'package.json'),
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.memoryMiB,
      timeout: props.timeout,
      environment: props.environment,
      role: role.withoutPolicyUpdates(),
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      applicationLogLevelV2: ApplicationLogLevel.INFO,
      systemLogLevelV2: SystemLogLevel.WARN,
      ...(props.concurrency === undefined ? {} : { reservedConcurrentExecutions: props.concurrency }),
      awsSdkConnectionReuse: false,
      bundling: {
        format: OutputFormat.ESM,
        // The CommonJS builds of the SDK are a third larger, and slower to import.
        mainFields: ['module', 'main'],
        target: 'node20',
        minify: true,
        externalModules: [],
        esbuildArgs: {
          '--alias:@aws-sdk/credential-provider-node': join(root, 'aws', 'lambda-credentials.ts'),
          ...Object.fromEntries(
            Object.entries(props.catalogueModules ?? {}).map(([name, module]) => [`--alias:${name}`, module]),
          ),
        },
        // Some packages are CommonJS inside, and `require` what Node has built in.
        banner: "import{createRequire as r}from'node:module';const require=r(import.meta.url);",
      },
    });
  }
}

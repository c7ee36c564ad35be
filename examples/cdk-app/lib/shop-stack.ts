/** The company's own stack. Its checkout may send events to the audit log, and nothing else of it. */
import { join } from 'node:path';
import type { AnnalsStack } from 'annals/cdk';
import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { Construct } from 'constructs';

export type ShopStackProps = StackProps & { annals: AnnalsStack };

export class ShopStack extends Stack {
  constructor(scope: Construct, id: string, { annals, ...props }: ShopStackProps) {
    super(scope, id, props);
    const root = join(import.meta.dirname, '..');
    const checkout = new NodejsFunction(this, 'Checkout', {
      entry: join(root, 'lib', 'checkout.ts'),
      projectRoot: root,
      depsLockFilePath: join(root, 'package.json'),
      runtime: Runtime.NODEJS_24_X,
      // Longer than the client waits for its events to be stored.
      timeout: Duration.seconds(40),
      environment: { AUDIT_URL: annals.eventsUrl },
      bundling: { format: OutputFormat.ESM, target: 'node20' },
    });
    annals.grantSend(checkout);
  }
}

/**
 * The one key that seals the secrets of all deliveries: a store for each secret would cost $0.40 a month. It outlives
 * the stack, like the state that holds what it has sealed.
 */
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { acknowledge } from '#lib/function/acknowledge.ts';
import { kept } from './kept.ts';

export class DeliveryKey extends Construct {
  /** For the environment of a function: CloudFormation puts the secret in. */
  readonly value: string;

  constructor(scope: Construct, id: string, { key }: { key: IKey }) {
    super(scope, id);
    const secret = new Secret(this, 'Secret', {
      description: 'Annals: seals the secrets of deliveries',
      encryptionKey: key,
      removalPolicy: kept,
      // Of 62 letters and digits: 256 bits.
      generateSecretString: { passwordLength: 43, excludePunctuation: true },
    });
    acknowledge(
      secret,
      'AwsSolutions-SMG4',
      'Another key would open nothing that is sealed: it is replaced by setting all secrets again',
    );
    this.value = secret.secretValue.unsafeUnwrap();
  }
}

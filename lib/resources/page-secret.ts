/** Proves to the functions that a request came through the distribution of the page. */
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { acknowledge } from '#lib/function/acknowledge.ts';

export class PageSecret extends Construct {
  /** For the environment of a function and the headers of an origin: CloudFormation puts the secret in. */
  readonly value: string;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const secret = new Secret(this, 'Secret', {
      description: 'Annals: proves that a request came through the distribution of the page',
      generateSecretString: { passwordLength: 43, excludePunctuation: true },
    });
    acknowledge(
      secret,
      'AwsSolutions-SMG4',
      'It opens nothing: it decides only whether the address of a viewer is believed',
    );
    this.value = secret.secretValue.unsafeUnwrap();
  }
}

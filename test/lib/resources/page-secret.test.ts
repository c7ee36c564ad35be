import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { PageSecret } from '#lib/resources/page-secret.ts';
import { flat } from '#test/lib/synth.ts';

describe('the secret of the page', () => {
  it('is made by AWS, and is in no template', () => {
    const stack = new Stack(new App(), 'S');
    const { value } = new PageSecret(stack, 'PageSecret');
    const [[id, { Properties }]] = Object.entries(
      Template.fromStack(stack).findResources('AWS::SecretsManager::Secret'),
    ) as [[string, { Properties: Record<string, unknown> }]];
    expect(Properties.GenerateSecretString).toEqual({ PasswordLength: 43, ExcludePunctuation: true });
    expect(Properties).not.toHaveProperty('SecretString');
    expect(flat(stack.resolve(value))).toBe(`{{resolve:secretsmanager:<${id}>:SecretString:::}}`);
  });
});

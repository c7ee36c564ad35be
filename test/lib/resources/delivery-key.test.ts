import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { expect, it } from 'vitest';
import { DeliveryKey } from '#lib/resources/delivery-key.ts';
import { flat } from '#test/lib/synth.ts';

it('is made by AWS, encrypted with the key of the stack, kept when that is deleted, and in no template', () => {
  const stack = new Stack(new App(), 'S');
  const { value } = new DeliveryKey(stack, 'DeliveryKey', { key: new Key(stack, 'Key') });
  const [[id, secret]] = Object.entries(
    Template.fromStack(stack).findResources('AWS::SecretsManager::Secret'),
  ) as [[string, { DeletionPolicy: string; Properties: Record<string, unknown> }]];
  expect(secret.Properties.GenerateSecretString).toEqual({ PasswordLength: 43, ExcludePunctuation: true });
  expect(secret.Properties).not.toHaveProperty('SecretString');
  expect(JSON.stringify(secret.Properties.KmsKeyId)).toContain('Key');
  expect(secret.DeletionPolicy).toMatch(/^Retain/);
  expect(flat(stack.resolve(value))).toBe(`{{resolve:secretsmanager:<${id}>:SecretString:::}}`);
});

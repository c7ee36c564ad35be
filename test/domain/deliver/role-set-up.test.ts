import { expect, it } from 'vitest';
import { accessPolicyOf, principalOf, trustPolicyOf } from '#domain/deliver/role-set-up.ts';

const role_arn = 'arn:aws:iam::111122223333:role/annals';
const china = 'arn:aws-cn:iam::111122223333:role/annals';

it('has the role trust the account of the installation, with the external id alone', () => {
  const principal = principalOf('999999999999', { role_arn });
  expect(principal).toBe('arn:aws:iam::999999999999:root');
  expect(principalOf('999999999999', { role_arn: china })).toBe('arn:aws-cn:iam::999999999999:root');
  expect(JSON.parse(trustPolicyOf(principal, 'id"1'))).toEqual({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: principal },
        Action: 'sts:AssumeRole',
        Condition: { StringEquals: { 'sts:ExternalId': 'id"1' } },
      },
    ],
  });
});

it.each([
  [{ bucket: 'acme-logs', role_arn }, 'arn:aws:s3:::acme-logs/*'],
  [{ bucket: 'acme-logs', prefix: 'audit/all', role_arn: china }, 'arn:aws-cn:s3:::acme-logs/audit/all/*'],
])('has the role allow what is sent below the prefix', (destination, resource) => {
  expect(JSON.parse(accessPolicyOf(destination)).Statement).toEqual([
    { Effect: 'Allow', Action: ['s3:PutObject', 's3:GetObject'], Resource: resource },
  ]);
});

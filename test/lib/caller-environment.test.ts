import { describe, expect, it } from 'vitest';
import { callerEnvironment } from '#lib/caller-environment.ts';
import { readSettings } from '#lib/settings.ts';

describe('the environment of who calls', () => {
  const role = (name: string) => `arn:aws:iam::111122223333:role/${name}`;

  it('has the roles, the claim and the secret of the page, and is empty where there is none', () => {
    const settings = readSettings({
      'annals:supportRoles': `${role('Support')},${role('Help')}`,
      'annals:scopeClaim': 'org',
    });
    const environment = {
      ANNALS_SUPPORT_ROLES: `${role('Support')},${role('Help')}`,
      ANNALS_OPERATOR_ROLES: '',
      ANNALS_SCOPE_CLAIM: 'org',
      ANNALS_DIRECTORY_FUNCTION: '',
    };
    expect(callerEnvironment({ settings })).toEqual({ ...environment, ANNALS_PAGE_SECRET: '' });
    expect(callerEnvironment({ settings, pageSecret: 's' })).toEqual({
      ...environment,
      ANNALS_PAGE_SECRET: 's',
    });
  });
});

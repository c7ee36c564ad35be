/** Who calls an HTTP API and how they are told apart, from the configuration of the function behind it. */
import type { CallerRules } from '#domain/access/caller.ts';
import type { Configuration, callerVariables } from './environment.ts';

export const callersOf = (configuration: Configuration<(typeof callerVariables)[number]>): CallerRules => ({
  supportRoles: configuration.ANNALS_SUPPORT_ROLES,
  operatorRoles: configuration.ANNALS_OPERATOR_ROLES,
  scopeClaim: configuration.ANNALS_SCOPE_CLAIM,
  pageSecret: configuration.ANNALS_PAGE_SECRET || undefined,
});

/** The variables of a function behind an HTTP API: who calls, and who is an admin. */
import type { EnvironmentOf } from '#aws/environment.ts';
import type { StageProps } from './stage.ts';

type CallerVariable =
  | 'ANNALS_SUPPORT_ROLES'
  | 'ANNALS_OPERATOR_ROLES'
  | 'ANNALS_SCOPE_CLAIM'
  | 'ANNALS_DIRECTORY_FUNCTION'
  | 'ANNALS_PAGE_SECRET';

export const callerEnvironment = ({
  settings,
  pageSecret = '',
}: Pick<StageProps, 'settings' | 'pageSecret'>): Pick<EnvironmentOf<'browse'>, CallerVariable> => ({
  ANNALS_SUPPORT_ROLES: settings.supportRoles.join(','),
  ANNALS_OPERATOR_ROLES: settings.operatorRoles.join(','),
  ANNALS_SCOPE_CLAIM: settings.scopeClaim,
  ANNALS_DIRECTORY_FUNCTION: settings.directoryFunction ?? '',
  ANNALS_PAGE_SECRET: pageSecret,
});

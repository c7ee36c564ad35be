/** The variables of a function behind an HTTP API: who calls, and who is an admin. */
import type { callerVariables, EnvironmentOf } from '#aws/environment.ts';
import type { StageProps } from './stage.ts';

export const callerEnvironment = ({
  settings,
  pageSecret = '',
}: Pick<StageProps, 'settings' | 'pageSecret'>): Pick<
  EnvironmentOf<'browse'>,
  (typeof callerVariables)[number]
> => ({
  ANNALS_SUPPORT_ROLES: settings.supportRoles.join(','),
  ANNALS_OPERATOR_ROLES: settings.operatorRoles.join(','),
  ANNALS_SCOPE_CLAIM: settings.scopeClaim,
  ANNALS_DIRECTORY_FUNCTION: settings.directoryFunction ?? '',
  ANNALS_PAGE_SECRET: pageSecret,
});

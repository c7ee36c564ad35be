/** The Audit Log page of an embedded installation: its site, its sessions and its files. */
import type { AdminDirectory } from '#aws/admin-directory.ts';
import type { SelfAudit } from '#aws/self-audit.ts';
import { Attempts } from '#embedded/access/attempts.ts';
import { LoginLinks } from '#embedded/access/login-links.ts';
import { verifyPageToken } from '#embedded/access/page-tokens.ts';
import { Sessions, steadyClock } from '#embedded/access/sessions.ts';
import type { InstallationOptions } from '#embedded/options.ts';
import type { Log } from '#functions/runtime/log.ts';
import type { GatewayOptions } from './gateway.ts';
import type { GatewayRoute } from './gateway-route.ts';
import { PageFiles } from './page-files.ts';
import { pageTokenRoute } from './page-token-route.ts';
import { sessionRoutes } from './session-routes.ts';
import { Site } from './site.ts';

/** The data directory, and what the handlers of signing in need. */
type PageWorld = {
  root: string;
  tokenKey: Uint8Array;
  adminDirectory: AdminDirectory;
  selfAudit: Pick<SelfAudit, 'record'>;
  log: Log;
};

export type Page = Pick<GatewayOptions, 'site' | 'sessions' | 'pageTokenOf' | 'page'> & {
  routes: GatewayRoute[];
};

export const openPage = (
  { front, page, embedOrigins = [] }: InstallationOptions,
  { root, tokenKey, adminDirectory, selfAudit, log }: PageWorld,
): Page => {
  const site = new Site(front?.publicUrl);
  const nowMs = steadyClock(Date.now, () => performance.now());
  const sessions = new Sessions(nowMs);
  return {
    site,
    sessions,
    pageTokenOf: token => verifyPageToken(tokenKey, token, Date.now()),
    page: page && new PageFiles({ ...page, embedOrigins, log }),
    routes: [
      pageTokenRoute({ tokenKey, embedOrigins, adminDirectory, nowMs: Date.now, log }),
      ...sessionRoutes({
        site,
        sessions,
        links: new LoginLinks(root, Date.now),
        attempts: new Attempts(nowMs),
        selfAudit,
        nowMs: Date.now,
        log,
      }),
    ],
  };
};

/**
 * How this installation signs people in: `config.json` says so. At the company's issuer, the page leaves and comes
 * back with a code in its URL, which is taken out of it at once.
 */
import { parseConfig, type Session } from '../session.ts';
import type { OpenIdOptions, OpenIdSignIn } from './openid.ts';

/** What of the browser is used. */
export type Browser = Pick<OpenIdOptions, 'storage' | 'fetch' | 'nowMs'> & {
  href(): string;
  /** Shows another URL in the place of this one, without loading it. */
  replace(url: string): void;
  /** Leaves the page. */
  assign(url: string): void;
};

export type Issuer = Pick<OpenIdSignIn, 'token' | 'forget'> & {
  /** Ends a sign-in that this load of the page is the return of; undefined if it is not. */
  returned(): Promise<Session | undefined>;
  /** Leaves for the issuer; the view is kept. */
  leave(): Promise<void>;
};

/** The issuer of this installation; undefined if its server has sessions. Rejects if the configuration is invalid. */
export const openIssuer = async (configText: string, browser: Browser): Promise<Issuer | undefined> => {
  const config = parseConfig(configText);
  if (config.sign_in === 'session') return undefined;
  const { OpenIdSignIn } = await import('./openid.ts');
  const { storage, fetch, nowMs } = browser;
  const page = new URL('.', browser.href().replace(/[?#].*$/s, '')).href;
  const issuer = new OpenIdSignIn({ config, redirectUri: page, storage, fetch, nowMs });
  return {
    token: () => issuer.token(),
    forget: () => issuer.forget(),
    leave: async () => browser.assign(await issuer.begin(new URL(browser.href()).hash)),
    returned: async () => {
      const url = new URL(browser.href());
      if (!url.searchParams.has('state')) return undefined;
      browser.replace(page);
      const { session, view } = await issuer.complete(url);
      browser.replace(`${page}${view}`);
      return session;
    },
  };
};

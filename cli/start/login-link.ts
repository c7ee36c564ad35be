/** Makes login links: finds the URL of the page, and refuses one over which nobody can sign in. */
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setting } from '#cli/environment.ts';
import { Failure } from '#cli/failure.ts';
import { parsePublicUrl } from '#domain/http/public-url.ts';
import { isLoopback } from '#domain/loopback.ts';
import { instantOfMilliseconds } from '#domain/time.ts';
import { addLoginLink, type Login } from '#embedded/access/login-links.ts';

/** The URL of the page without a final slash: as given, or as the running server has noted it. */
export const pageUrl = async (root: string, given: string | undefined): Promise<string> => {
  const [name, text] =
    given === undefined ? ['ANNALS_PUBLIC_URL', setting('ANNALS_PUBLIC_URL')] : ['--public-url', given];
  if (text === undefined) return servedUrl(root);
  const parsed = parsePublicUrl(text);
  if ('fault' in parsed) throw new Failure(2, `${name} ${parsed.fault}`);
  return parsed.url;
};

const servedUrl = async (root: string): Promise<string> => {
  try {
    const served = JSON.parse(await readFile(join(root, 'server.json'), 'utf8')) as {
      url: string;
      public_url?: string;
    };
    return served.public_url ?? served.url;
  } catch (error) {
    throw new Failure(
      3,
      `No server is running on the data directory ${root}; start one with "npm start", or use --data`,
      { cause: error },
    );
  }
};

/** Whether people can sign in to a page at this URL: nobody else may read what they send. */
export const isSafeToSignIn = (url: string): boolean =>
  url.startsWith('https:') || isLoopback(new URL(url).hostname);

export const refuseUnsafe = (url: string): void => {
  if (!isSafeToSignIn(url))
    throw new Failure(
      1,
      `Nobody can sign in at ${url}, since others could read along; put a TLS proxy in front, and start the server ` +
        'with --public-url and its https URL',
    );
};

export const makeLoginLink = async (
  root: string,
  url: string,
  login: Login,
): Promise<{ link: string; expiresAt: string }> => {
  refuseUnsafe(url);
  await access(join(root, 'keys.json')).catch(cause => {
    throw new Failure(2, `There is no installation in ${root}; start the server once, or use --data`, {
      cause,
    });
  });
  const { secret, expiresMs } = await addLoginLink({ root, temporary: join(root, 'tmp') }, login, Date.now());
  return { link: `${url}/#login=${secret}`, expiresAt: instantOfMilliseconds(expiresMs) };
};

/**
 * Where the server is and what opens it: a stack on AWS by its name; otherwise a flag, then the environment, then the
 * data directory.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Role, readKeyFile } from '#embedded/access/keys.ts';
import { setting } from './environment.ts';
import { Failure } from './failure.ts';

export type ConnectionOptions = {
  stack?: string;
  url?: string;
  token?: string;
  data?: string;
  json: boolean;
};

export type Request = {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  signal?: AbortSignal;
};

export type Connection = {
  /** Sends a request; throws `NoAnswer` if none came. */
  fetch(path: string, request?: Request): Promise<Response>;
  /** Where a link that the server has made is fetched from; a server of one's own names itself as others reach it. */
  urlOfLink(link: string): string;
};

/** Nobody knows what became of the request. `reason` is the code of the system, or a message. */
export class NoAnswer extends Failure {
  readonly reason: string;
  constructor(from: string, cause: unknown) {
    const reason = reasonOf(cause);
    super(3, `No answer from ${from} (${reason})`, { cause });
    this.name = 'NoAnswer';
    this.reason = reason;
  }
}

export const dataDirectory = (flag: string | undefined): string =>
  flag ?? setting('ANNALS_DATA') ?? './.annals';

/** `role` is the one whose key opens a server of one's own; on AWS it is the role of the credentials that counts. */
export const connect = (options: ConnectionOptions, role: Role): Promise<Connection> => {
  const isNamed = options.url !== undefined || options.token !== undefined || options.data !== undefined;
  if (options.stack !== undefined && isNamed)
    throw new Failure(2, '--stack names a server on AWS; leave out --url, --token and --data');
  return options.stack === undefined ? connectToServer(options, role) : connectToStack(options.stack);
};

const connectToStack = async (name: string): Promise<Connection> => {
  // The SDK takes longer to load than most commands to run.
  const { openInstalledStack, StackError } = await import('#aws/deployed-stack.ts');
  const stack = await openInstalledStack(name).catch(error => {
    throw error instanceof StackError ? new Failure(2, error.message, { cause: error }) : error;
  });
  return {
    async fetch(path, { method = 'GET', headers = {}, body, signal } = {}) {
      try {
        return await stack.fetch(path, { method, headers, body, signal });
      } catch (error) {
        throw new NoAnswer(`the stack "${name}"`, error);
      }
    },
    urlOfLink: link => link,
  };
};

const connectToServer = async (options: ConnectionOptions, role: Role): Promise<Connection> => {
  const directory = dataDirectory(options.data);
  const [name, given] =
    options.url === undefined ? ['ANNALS_URL', setting('ANNALS_URL')] : ['--url', options.url];
  const base = parseServerUrl(
    given ?? (await serverUrl(directory)),
    given === undefined ? 'server.json' : name,
  );
  const token = options.token ?? setting('ANNALS_TOKEN') ?? (await keyOf(directory, role));
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new Failure(2, 'The token holds a space or another character that no token has; copy it again');
  return {
    async fetch(path, request = {}) {
      const headers = { ...request.headers, authorization: `Bearer ${token}` };
      let response: Response;
      try {
        // A redirect would turn a POST into a GET, whose answer says nothing of what was asked.
        response = await fetch(new URL(path.slice(1), base), { ...request, headers, redirect: 'manual' });
      } catch (error) {
        throw new NoAnswer(`${base}: is the server running?`, error);
      }
      if (response.status < 300 || response.status > 399) return response;
      throw new Failure(1, `${base} redirects (${response.status}); give the URL that it redirects to`);
    },
    urlOfLink: link => new URL(link.slice(link.lastIndexOf('/results/') + 1), base).href,
  };
};

/**
 * The URL that all paths are appended to: behind a proxy it may have a path of its own. Messages name it, so
 * it may hold no secret.
 */
const parseServerUrl = (text: string, name: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol))
    throw new Failure(2, `${name} is not an http or https URL; expected one as https://audit.example.com`);
  if (url.username !== '' || url.password !== '')
    throw new Failure(2, `${name} holds a user name or a password; leave them out, and give --token`);
  if (url.search !== '' || url.hash !== '')
    throw new Failure(2, `${name} has a query or a fragment; leave out what follows the path`);
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
};

const reasonOf = (error: unknown): string => {
  const { cause, message } = error as Error;
  return (cause as NodeJS.ErrnoException | undefined)?.code ?? message;
};

const serverUrl = async (directory: string): Promise<string> => {
  try {
    return (JSON.parse(await readFile(join(directory, 'server.json'), 'utf8')) as { url: string }).url;
  } catch (error) {
    throw new Failure(
      3,
      `No server runs on the data directory ${directory}; start one with "npm start", or give --url`,
      { cause: error },
    );
  }
};

const keyOf = async (directory: string, role: Role): Promise<string> => {
  const path = join(directory, 'keys.json');
  try {
    return (await readKeyFile(path)).roles[role];
  } catch (error) {
    throw new Failure(2, `There is no key for the role "${role}" in ${path}; give --token`, { cause: error });
  }
};

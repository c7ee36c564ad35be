/**
 * Finds the server and authenticates to it: a stack on AWS by its name; otherwise by flags, then the environment, then
 * the data directory.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Role, readKeyFile } from '#embedded/access/keys.ts';
import { setting } from './environment.ts';
import { Failure } from './failure.ts';
import { readJson } from './refusal.ts';

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

/** A request for `json`; `parameters` that are undefined are left out. */
export type JsonRequest = {
  method?: 'GET' | 'PUT' | 'POST' | 'DELETE';
  body?: object;
  headers?: Record<string, string>;
  parameters?: Record<string, string | undefined>;
};

export type Transport = {
  /** Sends a request; throws `NoAnswer` if no response arrives. */
  fetch(path: string, request?: Request): Promise<Response>;
  /** The URL to fetch a link from. A link of an embedded server has its public URL, which may not work from here. */
  urlOfLink(link: string): string;
};

export type Connection = Transport & {
  /** Sends a request and returns the JSON of the response; throws a `Failure` if it is not a success. */
  json<T>(path: string, request?: JsonRequest): Promise<T>;
};

export const connectionOver = (transport: Transport): Connection => ({
  ...transport,
  async json<T>(path: string, { method = 'GET', body, headers, parameters = {} }: JsonRequest = {}) {
    const given = Object.entries(parameters).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    );
    const query = new URLSearchParams(given).toString();
    const response = await transport.fetch(query === '' ? path : `${path}?${query}`, {
      method,
      headers: { ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return readJson<T>(response);
  },
});

/** The outcome of the request is unknown. `reason` is the system's error code, or a message. */
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

/** `role` chooses the key of the data directory; on AWS the credentials decide the role. */
export const connect = (options: ConnectionOptions, role: Role): Promise<Connection> => {
  const isNamed = options.url !== undefined || options.token !== undefined || options.data !== undefined;
  if (options.stack !== undefined && isNamed)
    throw new Failure(2, '--stack is for AWS; leave out --url, --token and --data');
  const transport =
    options.stack === undefined ? connectToServer(options, role) : connectToStack(options.stack);
  return transport.then(connectionOver);
};

const connectToStack = async (name: string): Promise<Transport> => {
  // Loading the SDK takes longer than most commands run.
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

const connectToServer = async (options: ConnectionOptions, role: Role): Promise<Transport> => {
  const directory = dataDirectory(options.data);
  const [name, given] =
    options.url === undefined ? ['ANNALS_URL', setting('ANNALS_URL')] : ['--url', options.url];
  const base = parseServerUrl(
    given ?? (await serverUrl(directory)),
    given === undefined ? 'server.json' : name,
  );
  const token = options.token ?? setting('ANNALS_TOKEN') ?? (await keyOf(directory, role));
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new Failure(2, 'The token contains a space or another invalid character; copy it again');
  return {
    async fetch(path, request = {}) {
      const headers = { ...request.headers, authorization: `Bearer ${token}` };
      let response: Response;
      try {
        // A redirect would turn a POST into a GET, whose response does not answer the request.
        response = await fetch(new URL(path.slice(1), base), { ...request, headers, redirect: 'manual' });
      } catch (error) {
        throw new NoAnswer(`${base}: is the server running?`, error);
      }
      if (response.status < 300 || response.status > 399) return response;
      throw new Failure(1, `${base} redirects (${response.status}); use the URL that it redirects to`);
    },
    urlOfLink: link => new URL(link.slice(link.lastIndexOf('/results/') + 1), base).href,
  };
};

/** The base URL, which may have a path (behind a proxy). Messages print it, so it must not contain a secret. */
const parseServerUrl = (text: string, name: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol))
    throw new Failure(
      2,
      `${name} is not an http or https URL; expected a URL such as https://audit.example.com`,
    );
  if (url.username !== '' || url.password !== '')
    throw new Failure(2, `${name} contains a user name or a password; leave them out, and use --token`);
  if (url.search !== '' || url.hash !== '')
    throw new Failure(2, `${name} has a query or a fragment; leave out everything after the path`);
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
      `No server is running on the data directory ${directory}; start one with "npm start", or use --url`,
      { cause: error },
    );
  }
};

const keyOf = async (directory: string, role: Role): Promise<string> => {
  const path = join(directory, 'keys.json');
  try {
    return (await readKeyFile(path)).roles[role];
  } catch (error) {
    throw new Failure(2, `There is no key for the role "${role}" in ${path}; use --token`, { cause: error });
  }
};

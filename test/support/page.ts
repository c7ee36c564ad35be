/**
 * The Audit Log page as a browser uses it: a folder of built files, login links, and requests with a
 * session.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addLoginLink, type Login } from '#embedded/access/login-links.ts';
import type { PageSource } from '#embedded/http/page-files.ts';
import { expectConformity } from './openapi-conformance.ts';
import { temporaryDirectory } from './temporary.ts';

export const indexHtml =
  '<!doctype html><title>Audit log</title><script type="module" src="./assets/a-1.js"></script>';

/** A page that is built already. */
export const builtPage = async (): Promise<PageSource> => {
  const folder = await temporaryDirectory();
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), indexHtml);
  writeFileSync(join(folder, 'assets', 'a-1.js'), 'export const a = 1;\n');
  writeFileSync(join(folder, 'assets', 'a-1.css'), 'body{}\n');
  return { folder, build: async () => undefined };
};

export const anAdmin: Login = { role: 'admin', userId: 'u-17', scopeId: 'acme' };

/** The secret of a new login link. */
export const newLogin = async (data: string, login: Login = anAdmin): Promise<string> =>
  (await addLoginLink({ root: data, temporary: join(data, 'tmp') }, login, Date.now())).secret;

export type Ask = Omit<RequestInit, 'headers'> & { headers?: Record<string, string> };

/** Asks as the page does; every answer is held against the OpenAPI document. */
export const askAsPage = async (url: string, path: string, init: Ask = {}): Promise<Response> => {
  const response = await fetch(`${url}${path}`, {
    redirect: 'manual',
    ...init,
    headers: { 'x-annals-page': '1', ...init.headers },
  });
  expectConformity(init.method ?? 'GET', path.split('?')[0]!, {
    status: response.status,
    contentType: response.headers.get('content-type'),
    body: await response.clone().text(),
  });
  return response;
};

export const post = (body: object, headers: Record<string, string> = {}): Ask => ({
  method: 'POST',
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json', ...headers },
});

/** The cookie that an answer sets, as a request has it. */
export const cookieOf = (response: Response): string => response.headers.get('set-cookie')!.split(';')[0]!;

/** Signs in by a new link; returns the cookie. */
export const signIn = async (
  { url, data }: { url: string; data: string },
  login: Login = anAdmin,
  opening: object = {},
): Promise<string> => {
  const answer = await askAsPage(
    url,
    '/v1/session',
    post({ login: await newLogin(data, login), ...opening }),
  );
  if (answer.status !== 201) throw new Error(`Nobody was signed in: ${answer.status} ${await answer.text()}`);
  return cookieOf(answer);
};

/** A customer's admin at the API for customers, by the command line of docs/deploy.md. */
import { readFences } from './fences.ts';
import { must, type Shell } from './installation.ts';

export type Ask = { url: string; token: string | undefined; scope: string };

/** Asks for an export, without a token if there is none, and returns status and code of the problem. */
export const askForExport = async (
  shell: Shell,
  { url, token, scope }: Ask,
): Promise<[status: number, code: string | undefined]> => {
  const lines = (await readFences('deploy.md')).get('An API for your customers')!;
  let line = lines.find(line => line.startsWith('curl '))!;
  line = line
    .replace('"acme"', JSON.stringify(scope))
    .replace('--fail-with-body', String.raw`-w "\n%{http_code}"`);
  if (token === undefined) line = line.replace(/-H "authorization: [^"]*"/, '');
  const { out } = await must(shell(`CUSTOMERS_URL=${url} TOKEN=${token ?? ''}; ${line}`, '', 'customer'));
  const [, body, status] = /^(.*)\n(\d+)$/s.exec(out)!;
  const { code } = JSON.parse(body!) as { code?: string };
  return [Number(status), code];
};

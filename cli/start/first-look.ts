/** What somebody sees who has started a server: where it is, and on a terminal a link to the Audit Log page. */
import { userInfo } from 'node:os';
import { isatty } from 'node:tty';
import { printText } from '#cli/output.ts';
import { fillSample, goOn } from '#cli/sample/run-sample.ts';
import type { SampleMark } from '#cli/sample/sample-directory.ts';
import { sampleAdmin, sampleScope } from '#cli/sample/sample-events.ts';
import { paint, standardOutput } from '#cli/terminal.ts';
import { isName } from '#domain/event/name.ts';
import type { Login } from '#embedded/access/login-links.ts';
import type { Installation } from '#embedded/installation.ts';
import { isSafeToSignIn, makeLoginLink, refuseUnsafe } from './login-link.ts';
import { welcome } from './welcome.ts';

type Running = Pick<Installation, 'url' | 'data' | 'catalogue' | 'keys'>;
type End = () => Promise<void>;

/** Prints the welcome; a link for the operator only on a terminal, since a log is read by others and kept. */
export const showWelcome = async (
  running: Running,
  publicUrl: string | undefined,
  isTerminal = isatty(standardOutput),
): Promise<End> => {
  await printText(welcome(running, publicUrl));
  const url = publicUrl ?? running.url;
  if (isTerminal && isSafeToSignIn(url))
    await printLink(running, url, { role: 'operator', userId: operatorName() });
  return async () => undefined;
};

/** Fills the sample and has it go on; prints a link that opens its log alone. */
export const showSample = async (
  running: Running,
  mark: SampleMark,
  publicUrl: string | undefined,
): Promise<End> => {
  refuseUnsafe(publicUrl ?? running.url);
  await fillSample(running, mark);
  await printText(
    `${paint('green', 'A made-up log is at')} ${publicUrl ?? running.url}, in ${running.data.root}`,
  );
  const login: Login = { role: 'admin', userId: sampleAdmin, scopeId: sampleScope.id };
  await printLink(running, publicUrl ?? running.url, login);
  return goOn(running);
};

const printLink = async ({ data }: Running, url: string, login: Login): Promise<void> => {
  const { link } = await makeLoginLink(data.root, url, login);
  await printText(`\nOpen the Audit Log page (works once, within ten minutes):\n  ${link}`);
};

/** Who has started the server, as the system knows them. */
const operatorName = (): string => {
  try {
    const { username } = userInfo();
    return isName(username) ? username : 'operator';
  } catch {
    // A container may run as a user without a name.
    return 'operator';
  }
};

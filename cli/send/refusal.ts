/** What an answer that is not a success says, in the words of the command line. */
import { Failure } from '#cli/failure.ts';
import { visible } from '#cli/terminal.ts';

/** The flag that a member of a request comes from, by the pointer that a problem has for its place. */
const flags: Record<string, string> = {
  '/scope_id': '--scope',
  '/all_scopes': '--all-scopes',
  '/from': '--from',
  '/to': '--to',
  '/requested_by': '--requested-by',
  '/reason': '--reason',
  '/filter/action': '--action',
  '/filter/actor': '--actor',
  '/filter/target': '--target',
  '/filter/success': '--success',
  '/format': '--format',
  '/compression': '--gzip',
  '/every': '--every',
  '/at': '--at',
  '/on': '--on',
  '/time_zone': '--time-zone',
  '/paused': '--paused',
  '/sender': '--sender',
  '/before': '--before',
  '/mended_base64': '--mended',
};

/** What the service says by the names of members is said here by flags. */
const sentences: Record<string, string> = {
  scope_required: 'Give the scope with --scope, or --all-scopes with --reason for the complete log',
  requester_required: 'Name the user who asked for the log with --requested-by',
  reason_required: 'Give the reason or the ticket with --reason',
  empty_window: 'The window is empty: --from must be earlier than --to, which is exclusive',
};

type Problem = Partial<Record<'code' | 'detail' | 'path' | 'message' | 'Message', unknown>>;

const maxShownText = 200;

export const refusalOf = async (response: Response): Promise<Failure> => {
  const text = await response.text();
  return new Failure(response.status >= 500 ? 3 : 1, describeRefusal(response.status, text));
};

export const describeRefusal = (status: number, text: string): string =>
  `${status}: ${reasonOf(status, text)}`;

const reasonOf = (status: number, text: string): string => {
  const problem = parseProblem(text);
  // The answer is not one of ours: its beginning has to do.
  if (!problem) return visible(text.trim().slice(0, maxShownText)) || 'the answer says nothing more';
  const word = (value: unknown): string | undefined =>
    typeof value === 'string' && value !== '' ? visible(value) : undefined;
  const code = word(problem.code);
  // What AWS itself refuses has a message, with a capital or without.
  const detail = word(problem.detail) ?? word(problem.message) ?? word(problem.Message) ?? 'Refused';
  const flag = flags[String(problem.path)];
  const said = sentences[code ?? ''] ?? (flag === undefined ? detail : `${flag}: ${detail}`);
  return `${said} (${code ?? status})`;
};

/** The code of a problem of ours. */
export const codeOf = (text: string): string | undefined => {
  const code = parseProblem(text)?.code;
  return typeof code === 'string' && /^[a-z_]{1,64}$/.test(code) ? code : undefined;
};

const parseProblem = (text: string): Problem | undefined => {
  try {
    const parsed = JSON.parse(text) as unknown;
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined;
  } catch {
    return undefined;
  }
};

/** The JSON of an answer that is a success; a `Failure` for any other. */
export const readJson = async <T>(response: Response): Promise<T> => {
  if (!response.ok) throw await refusalOf(response);
  try {
    return (await response.json()) as T;
  } catch (error) {
    throw new Failure(3, `The answer (${response.status}) is not JSON: is the URL that of Annals?`, {
      cause: error,
    });
  }
};

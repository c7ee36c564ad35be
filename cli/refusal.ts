/** Turns a response that is not a success into a `Failure` that names flags instead of members. */
import { Failure } from '#cli/failure.ts';
import { visible } from '#cli/terminal.ts';

/** The flag that set a member of the request, by the JSON pointer in the problem. */
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
  '/filter/request_id': '--request',
  '/filter/client_trace_id': '--trace',
  '/filter/address': '--address',
  '/filter/id': '--id',
  '/filter/payload': '--payload',
  '/filter/metadata': '--metadata',
  '/filter/q': '--text',
  '/complete_to': '--complete-to',
  '/action': '--action',
  '/actor': '--actor',
  '/target': '--target',
  '/success': '--success',
  '/request_id': '--request',
  '/client_trace_id': '--trace',
  '/address': '--address',
  '/id': '--id',
  '/payload': '--payload',
  '/metadata': '--metadata',
  '/q': '--text',
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
  '/destination': '--https, --bucket or --directory',
  '/destination/url': '--https',
  '/destination/preset': '--preset',
  '/destination/secret': '--secret-stdin, or ANNALS_DELIVERY_SECRET',
  '/destination/headers': 'ANNALS_DELIVERY_HEADERS',
  '/destination/path': '--directory',
  '/destination/bucket': '--bucket',
  '/destination/prefix': '--prefix',
  '/destination/region': '--region',
  '/destination/role_arn': '--role',
};

/** Replaces details that name members. */
const sentences: Record<string, string> = {
  scope_required: 'Name the scope with --scope, or use --all-scopes with --reason for the complete log',
  requester_required: 'Name the user who requested the log with --requested-by',
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
  // Not a problem of Annals: show the beginning of the response.
  if (!problem) return visible(text.trim().slice(0, maxShownText)) || 'the response has no body';
  const word = (value: unknown): string | undefined =>
    typeof value === 'string' && value !== '' ? visible(value) : undefined;
  const code = word(problem.code);
  // Refusals of AWS itself have `message` or `Message`.
  const detail = word(problem.detail) ?? word(problem.message) ?? word(problem.Message) ?? 'Refused';
  const flag = flags[String(problem.path)];
  const said = sentences[code ?? ''] ?? (flag === undefined ? detail : `${flag}: ${detail}`);
  return `${said} (${code ?? status})`;
};

/** The code of a problem; undefined if the text is not one. */
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

/** The JSON of a response, undefined for 204; throws a `Failure` if it is not a success. */
export const readJson = async <T>(response: Response): Promise<T> => {
  if (!response.ok) throw await refusalOf(response);
  if (response.status === 204) return undefined as T;
  try {
    return (await response.json()) as T;
  } catch (error) {
    throw new Failure(
      3,
      `The response (${response.status}) is not JSON; check that the URL is that of Annals`,
      {
        cause: error,
      },
    );
  }
};

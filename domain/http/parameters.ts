/**
 * What is allowed in the path, the query and the headers of a request, as JSON Schema. Handlers enforce these
 * limits; a test sends each of them, and exceeds it.
 */
import { nameLimits } from '#domain/event/name.ts';
import { noticeCursorGrammar } from '#domain/export/notice.ts';
import { sourceGrammar } from '#domain/receive/imported.ts';
import { maxSenderCharacters, refusalCodeGrammar, senderGrammar } from '#domain/receive/limits.ts';
import { maxReasonCharacters, timeLimits } from '#domain/request-shape.ts';
import { maxPathIdCharacters } from './path-id.ts';

export type Parameter = {
  description: string;
  schema: Readonly<Record<string, unknown>>;
  /** Of a query: whether it must be given. */
  isRequired?: true;
};

const text = { type: 'string', minLength: 1 };
const name = { type: 'string', ...nameLimits };
/** An id in a path: unchanged, or `~` and the base64url of its UTF-8. */
const pathId = { ...text, maxLength: maxPathIdCharacters, pattern: '^([A-Za-z0-9._-]+|~[A-Za-z0-9_-]+)$' };

const uuid = { type: 'string', minLength: 36, maxLength: 36, pattern: '^[0-9a-f-]{36}$' };

const inPath = 'unchanged if it is `[A-Za-z0-9._-]+`, otherwise `~` and the base64url of its UTF-8';

export const pathParameters = {
  scope_id: { description: `The id of the scope: ${inPath}. It has 1 to 256 characters.`, schema: pathId },
  user_id: { description: `The id of the user: ${inPath}. It has 1 to 256 characters.`, schema: pathId },
  schedule: { description: `The id of the schedule: ${inPath}. It has 1 to 256 characters.`, schema: pathId },
  delivery: { description: `The id of the delivery: ${inPath}. It has 1 to 256 characters.`, schema: pathId },
  gap: { description: 'The id of the gap, as `GET /v1/gaps` gives it.', schema: pathId },
  export: {
    description: 'The id of the export.',
    schema: uuid,
  },
  notice: { description: 'The id of the notice, as `GET /v1/notices` gives it.', schema: uuid },
  key: {
    description: 'The key of the item, as `GET /v1/refused` gives it.',
    schema: { type: 'string', minLength: 64, maxLength: 64, pattern: '^[0-9a-f]{64}$' },
  },
} satisfies Record<string, Parameter>;

/** A parameter called `id` belongs to the path segment before it. */
export const pathParameter = (path: string, parameter: string): Parameter => {
  const [, parent = ''] = new RegExp(`(\\w+?)s/\\{${parameter}\\}`).exec(path) ?? [];
  const singular = parent.replace(/ie$/, 'y');
  const found = (pathParameters as Record<string, Parameter>)[parameter === 'id' ? singular : parameter];
  if (!found) throw new Error(`The parameter "${parameter}" of ${path} is not described`);
  return found;
};

const cursor = (pattern: string, maxLength: number): Parameter => ({
  description: 'The cursor of the page before.',
  schema: { ...text, maxLength, pattern },
});

export const exportCursor = cursor('^[0-9a-f-]+$', 64);
/** The cursor of lists of schedules and admins. */
export const stateCursor = cursor('^[0-9a-f]{64}(\\.json)?$', 69);
export const noticeCursor = cursor(noticeCursorGrammar, 48);
export const refusedCursor = cursor('^[0-9a-zTZ.-]+$', 200);
export const gapCursor = cursor(pathId.pattern, maxPathIdCharacters);

/** The cursor of a browsed log: its text and the seal. */
export const eventCursor: Parameter = {
  description: 'The cursor of the page before; the other parameters must be as they were.',
  schema: { ...text, maxLength: 4096, pattern: '^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]{22}$' },
};

/** A list of terms; see the grammar in domain/filter/term.ts. */
export const filterParameter = (description: string): Parameter => ({
  description:
    `${description} Several with commas between them are alternatives; \`-\` in front excludes, \`*\` at the ` +
    'end stands for any rest, `a..b` for what is between; `"…"` quotes.',
  schema: { ...text, maxLength: 8192 },
});

/** A parameter of a query that must be given. */
export const choiceParameter = (description: string, names: readonly string[]): Parameter => ({
  description,
  schema: { type: 'string', enum: [...names] },
  isRequired: true,
});

export const timeParameter = (description: string): Parameter => ({
  description: `${description} RFC 3339, or a date for its midnight UTC.`,
  schema: { type: 'string', ...timeLimits },
});

/** A time of a query that must be given. */
export const requiredTime = (description: string): Parameter => ({
  ...timeParameter(description),
  isRequired: true,
});

export const importSource: Parameter = {
  description: 'The system that the events come from; their metadata names it as `imported_from`.',
  schema: { ...text, maxLength: 64, pattern: sourceGrammar.source },
  isRequired: true,
};

export const reasonParameter = (description: string): Parameter => ({
  description,
  schema: { ...text, maxLength: maxReasonCharacters },
});

export const nameParameter = (description: string): Parameter => ({ description, schema: name });
export const trueParameter = (description: string): Parameter => ({
  description,
  schema: { type: 'string', enum: ['true'] },
});
export const booleanParameter = (description: string): Parameter => ({
  description,
  schema: { type: 'string', enum: ['true', 'false'] },
});
export const textParameter = (description: string): Parameter => ({
  description,
  schema: { type: 'string' },
});

export const refusedSender: Parameter = {
  description: 'Those of this sender.',
  schema: { ...text, maxLength: maxSenderCharacters, pattern: senderGrammar.source },
};

export const refusedCode: Parameter = {
  description: 'Those that were refused with this code.',
  schema: { ...text, maxLength: 64, pattern: refusalCodeGrammar.source },
};

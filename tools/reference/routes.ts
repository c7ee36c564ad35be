/** The reference of the API: each route as the OpenAPI document has it, with a curl line. */
import { openApiDocument } from '#domain/http/openapi-document.ts';
import type { ProblemCode } from '#domain/http/problem.ts';
import { problems } from '#domain/http/problem.ts';
import { pageRoutes } from '#domain/http/routes/page-routes.ts';
import type { Access, Route } from '#domain/http/routes/route.ts';
import { routes } from '#domain/http/routes.ts';
import { pageHead, table } from './markdown-table.ts';
import { bodyExamples, pathExamples, queryExamples } from './route-examples.ts';

const whoMay: Readonly<Record<Access, string>> = {
  emitter: 'A service, with the key of an emitter.',
  readers:
    'An admin of the scope, the operator, and support as far as it may: see [who may do what](../support.md). ' +
    "On AWS, staff under IAM and customers with a token of the company's issuer.",
  operator: 'The operator.',
  anyone: 'Anyone, without a token.',
  visitor: 'A visitor of [the Audit Log page](../page.md). On one machine alone.',
  page: 'A key of the role `page`, for [the page in a frame](../page.md#in-a-frame). On one machine alone.',
};

type Operation = {
  parameters?: {
    in: string;
    name: string;
    required: boolean;
    description: string;
    schema: Record<string, unknown>;
  }[];
  requestBody?: { content: Record<string, { schema: { $ref?: string } }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: { $ref?: string } }> }>;
};

export type ReferenceRoute = Route & { key: string };

export const everyRoute: readonly ReferenceRoute[] = [
  ...routes,
  ...Object.entries<Route>(pageRoutes).map(([key, route]) => ({ key, ...route })),
];

const operationOf = (key: string): Operation => {
  const [method, path] = key.split(' ') as [string, string];
  const paths = openApiDocument().paths as Record<string, Record<string, Operation>>;
  return paths[path]![method.toLowerCase()]!;
};

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** One command for a shell, with the URL and the token of variables. */
export const curlOf = ({ key, access, body }: ReferenceRoute): string => {
  const [method, path] = key.split(' ') as [string, string];
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => pathExamples[name]!);
  const query = queryExamples[key] === undefined ? '' : `?${queryExamples[key]}`;
  const given = bodyExamples[key];
  const parts = [
    ...(method === 'GET' || (method === 'POST' && body) ? [] : [`-X ${method}`]),
    ...(access === 'anyone'
      ? []
      : access === 'visitor'
        ? [`-b "$COOKIE" -H 'x-annals-page: 1' -H "origin: $ANNALS_URL"`]
        : [`-H "authorization: Bearer $ANNALS_TOKEN"`]),
    `"$ANNALS_URL${filled}${query}"`,
    ...(body && given ? [`-H 'content-type: application/json'`, `-d ${quote(JSON.stringify(given))}`] : []),
  ];
  const line = `curl ${parts.join(' ')}`;
  return line.length <= 100 ? line : `curl ${parts.join(' \\\n  ')}`;
};

const shapeOf = (content: Record<string, { schema: { $ref?: string } }> = {}): string =>
  Object.entries(content)
    .map(([type, { schema }]) => `\`${schema.$ref?.split('/').at(-1) ?? 'text'}\` (\`${type}\`)`)
    .join(', ');

const codesOf = (description: string): ProblemCode[] =>
  [...description.matchAll(/`(\w+)`: /g)]
    .map(([, code]) => code as ProblemCode)
    .filter(code => code in problems);

/** What every route may answer to what is not a request of it stands in the document alone. */
const answersOf = ({ responses }: Operation): string[][] =>
  Object.entries(responses)
    .filter(([status]) => status !== 'default')
    .map(([status, { description, content }]) => {
      const codes = codesOf(description).map(code => `\`${code}\``);
      const [text = ''] = description.split(/`\w+`: /);
      return [
        status,
        [text.trim(), codes.join(', ')].filter(Boolean).join(' '),
        shapeOf(content) || 'nothing',
      ];
    });

/** The members of the body, if it is one JSON object. */
const membersOf = ({ requestBody }: Operation): string[] => {
  const name = requestBody?.content['application/json']?.schema.$ref?.split('/').at(-1);
  const { properties, required = [] } = (openApiDocument().components.schemas[name ?? ''] ?? {}) as {
    properties?: Record<string, unknown>;
    required?: string[];
  };
  if (!properties) return [];
  const members = Object.keys(properties).map(
    member => `\`${member}\`${required.includes(member) ? ' (needed)' : ''}`,
  );
  return [`Its members: ${members.join(', ')}.`];
};

const print = (route: ReferenceRoute): string => {
  const operation = operationOf(route.key);
  const body = shapeOf(operation.requestBody?.content);
  return [
    `## ${route.key}`,
    route.summary,
    `**Who may call it.** ${whoMay[route.access]}`,
    `\`\`\`sh\n${curlOf(route)}\n\`\`\``,
    table(
      ['parameter', 'in', 'needed', 'what it is'],
      (operation.parameters ?? []).map(({ name, in: where, required, description }) => [
        `\`${name}\``,
        where,
        required ? 'yes' : 'no',
        description,
      ]),
    ),
    ...(body === '' ? [] : [[`**Body:** ${body}.`, ...membersOf(operation)].join(' ')]),
    table(['status', 'what it says', 'body'], answersOf(operation)),
  ]
    .filter(Boolean)
    .join('\n\n');
};

export const printRoutes = (): string =>
  `${pageHead(
    'The HTTP API',
    'Every route, as `GET /v1/openapi.json` describes it; the names of bodies are those of its schemas. ' +
      '[The list of codes](../refusals.md#problems) says what each problem means. In the ' +
      'examples, `ANNALS_URL` and `ANNALS_TOKEN` are those of your installation; on AWS, staff and emitters sign ' +
      'their requests instead (`curl --aws-sigv4`).',
  )}
${everyRoute.map(print).join('\n\n')}
`;

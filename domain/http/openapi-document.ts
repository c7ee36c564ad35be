/** The HTTP API as OpenAPI 3.1, generated from the routes. https://spec.openapis.org/oas/v3.1.1.html */
import * as z from 'zod';
import { shapes } from '#domain/http/shapes/shapes.ts';
import { type Parameter, pathParameter } from './parameters.ts';
import { type ProblemCode, problems } from './problem.ts';
import { pageRoutes } from './routes/page-routes.ts';
import type { Access, Route } from './routes/route.ts';
import { type HttpFunction, routes } from './routes.ts';

type Json = Record<string, unknown>;

const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });

/**
 * Codes that every route may answer with, those of routes that need a role, and those of routes with a body.
 */
const always: readonly ProblemCode[] = [
  'invalid_url',
  'repeated_parameter',
  'unknown_parameter',
  'internal_error',
  'record_unreadable',
  'state_unavailable',
  'starting',
  'too_many_connections',
];
/** Events alone are still taken after a move: they are forwarded. */
const ifNotForwarded: readonly ProblemCode[] = ['moved'];
const ifAuthorized: readonly ProblemCode[] = ['unauthorized', 'forbidden'];
const ifSession: readonly ProblemCode[] = ['foreign_origin', 'misdirected'];
const ifBody: readonly ProblemCode[] = [
  'invalid_json',
  'invalid_utf8',
  'body_too_large',
  'unsupported_encoding',
];
/** Codes of requests that match no route, so that no route lists them. */
const ofNoRoute: readonly ProblemCode[] = [
  'bad_request',
  'method_not_allowed',
  'request_timeout',
  'url_too_long',
  'expectation_failed',
  'headers_too_large',
  'unsupported_transfer_encoding',
  'unsupported_http_version',
];

export type Document = {
  openapi: string;
  paths: Json;
  components: { schemas: Json; securitySchemes: Json };
  [member: string]: unknown;
};

let made: Document | undefined;

/** The document; between installations only the public URL differs. */
export const openApiDocument = (url = '/'): Document => {
  made ??= make();
  return { ...made, servers: [{ url, description: 'The installation that serves this' }] };
};

const make = (): Document => ({
  openapi: '3.1.1',
  info: {
    title: 'Annals',
    version: '1',
    description: [
      'An audit log that a company runs itself. Send events to `/v1/events`; export complete, deduplicated files from',
      '`/v1/exports`. On AWS, emitters have a Function URL, and staff and customers an API each; the outputs of the',
      'stack name the URLs.',
    ].join(' '),
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  tags: [
    { name: 'receive', description: 'Sending events' },
    { name: 'export', description: 'Exports' },
    { name: 'manage', description: 'Schedules, admins, gaps, notices' },
    { name: 'describe', description: 'The catalogue, this surface, health' },
    { name: 'page', description: 'Signing in to the Audit Log page of an embedded installation; not on AWS' },
  ],
  paths: pathsOf(),
  components: {
    securitySchemes: {
      bearer: {
        type: 'http',
        scheme: 'bearer',
        description: "Embedded: the key of a role. On AWS, of customers: a JWT of the company's issuer.",
      },
      sigv4: {
        type: 'apiKey',
        in: 'header',
        name: 'Authorization',
        description: 'On AWS, of emitters and staff: AWS Signature Version 4.',
      },
      session: {
        type: 'apiKey',
        in: 'cookie',
        name: '__Host-annals',
        description: [
          'Embedded, on the Audit Log page: a session. Such a request has the header `x-annals-page: 1` and is from',
          "the page's own origin. The name is `__Secure-annals` below a path, and `annals-<port>` without https.",
        ].join(' '),
      },
    },
    schemas: schemasOf(),
  },
});

type DescribedRoute = Route & { key: string; function: HttpFunction | 'page' };

const everyRoute: readonly DescribedRoute[] = [
  ...routes,
  ...Object.entries(pageRoutes).map(([key, route]) => ({ ...route, key, function: 'page' as const })),
];

const pathsOf = (): Json => {
  const paths: Record<string, Json> = {};
  for (const { key, function: tag, ...route } of everyRoute) {
    const [method, path] = key.split(' ') as [string, string];
    paths[path] = { ...paths[path], [method.toLowerCase()]: printOperation(route, path, tag) };
  }
  return paths;
};

const printOperation = (route: Route, path: string, tag: string): Json => {
  const { id, summary, access, query = {}, headers = {}, body } = route;
  const parameters = [
    ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name]) =>
      printParameter('path', name!, pathParameter(path, name!)),
    ),
    ...Object.entries(query).map(([name, it]) => printParameter('query', name, it)),
    ...Object.entries(headers).map(([name, it]) => printParameter('header', name, it)),
  ];
  return {
    operationId: id,
    summary,
    tags: [tag],
    security: securityOf(access),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body ? { requestBody: { required: body.isRequired, content: contentOf(body.content) } } : {}),
    responses: responsesOf(route),
  };
};

/** Signing in needs no session, and has one replaced. */
const securityOf = (access: Access): Json[] => {
  if (access === 'anyone') return [];
  if (access === 'visitor') return [{ session: [] }, {}];
  if (access === 'page') return [{ bearer: [] }];
  return [{ bearer: [] }, { sigv4: [] }, ...(access === 'emitter' ? [] : [{ session: [] }])];
};

const printParameter = (
  where: string,
  name: string,
  { description, schema, isRequired }: Parameter,
): Json => ({
  name,
  in: where,
  required: where === 'path' || isRequired === true,
  description,
  schema,
});

/** All answers by status; the description of a problem lists its codes. */
const responsesOf = ({ access, body, answers, problems: own }: Route): Json => {
  const codes = [
    ...own,
    ...always,
    ...(access === 'emitter' ? [] : ifNotForwarded),
    ...(access === 'anyone' ? [] : ifAuthorized),
    ...(['anyone', 'emitter', 'page'].includes(access) ? [] : ifSession),
    ...(body ? ifBody : []),
  ];
  const byStatus = new Map<number, Set<ProblemCode>>();
  for (const code of codes) {
    const { status } = problems[code];
    byStatus.set(status, (byStatus.get(status) ?? new Set()).add(code));
  }
  const responses: Json = {};
  for (const [status, { description, content, headers }] of Object.entries(answers))
    responses[status] = {
      description: [description, ...describeCodes(byStatus.get(Number(status)) ?? [])].join(' '),
      ...(headers ? { headers: headersOf(headers) } : {}),
      ...(content ? { content: contentOf(content) } : {}),
    };
  for (const [status, codesOfStatus] of byStatus)
    if (!(status in answers)) responses[status] = problemResponse(describeCodes(codesOfStatus));
  return {
    ...responses,
    default: problemResponse(['The request is not one that any route takes:', ...describeCodes(ofNoRoute)]),
  };
};

const problemResponse = (description: readonly string[]): Json => ({
  description: description.join(' '),
  content: contentOf({ 'application/problem+json': 'Problem' }),
});

const describeCodes = (codes: Iterable<ProblemCode>): string[] =>
  [...codes].map(code => `\`${code}\`: ${problems[code].meaning}.`);

const contentOf = (content: Readonly<Record<string, string>>): Json =>
  Object.fromEntries(Object.entries(content).map(([type, shape]) => [type, { schema: ref(shape) }]));

const headersOf = (headers: Readonly<Record<string, string>>): Json =>
  Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: 'string' } }]),
  );

/** Shapes refer to each other by name. */
const schemasOf = (): Json => {
  const named = z.registry<{ id: string; description?: string | undefined }>();
  for (const [id, shape] of Object.entries(shapes)) named.add(shape, { ...z.globalRegistry.get(shape), id });
  const { schemas } = z.toJSONSchema(named, {
    // A request is described as sent, before its shape transforms it.
    io: 'input',
    unrepresentable: 'any',
    uri: id => `#/components/schemas/${id}`,
  });
  return Object.fromEntries(
    Object.entries(schemas).map(([name, { $schema, $id, ...schema }]) => [name, schema]),
  );
};

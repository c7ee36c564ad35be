/** The whole HTTP surface as OpenAPI 3.1, made from the routes. https://spec.openapis.org/oas/v3.1.1.html */
import * as z from 'zod';
import { shapes } from '#domain/http/shapes/shapes.ts';
import { type Operation, operations } from './operations.ts';
import { type Parameter, pathParameter } from './parameters.ts';
import { routes } from './routes.ts';

type Json = Record<string, unknown>;

const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });

/** Statuses that every route may answer with, those that a role is asked of, and those that take a body. */
const always = [400, 500, 503];
const whereAuthorized = [401, 403];
const whereBody = [413, 415];

const meanings: Record<number, string> = {
  400: 'The shape is wrong; the problem names the place.',
  401: 'No token, or an unknown one.',
  403: 'The caller, or whoever is said to have asked, may not.',
  404: 'There is none of this id for this caller.',
  409: 'Not as things stand; the code says what stands against it.',
  410: 'The files are no longer kept.',
  413: 'Too large, or too many events.',
  415: 'A Content-Encoding that is not taken; Accept-Encoding names those that are.',
  500: 'The reason is in the operational log.',
  503: 'Not now: it was not done, and may be asked again.',
};

let made: Json | undefined;

/** The document; what differs between installations is the URL by which others reach them. */
export const openApiDocument = (url = '/'): Json => {
  made ??= make();
  return { ...made, servers: [{ url, description: 'The installation that serves this' }] };
};

const make = (): Json => ({
  openapi: '3.1.1',
  info: {
    title: 'Annals',
    version: '1',
    description:
      'The audit log that a company runs itself. Events come in at `/v1/events`; complete, deduplicated CSVs come out of `/v1/exports`. On AWS, the routes of emitters are at a Function URL, those of staff and of customers each at an API of their own: the outputs of the stack name them.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  tags: [
    { name: 'receive', description: 'Sending events' },
    { name: 'export', description: 'Exports' },
    { name: 'manage', description: 'Schedules, admins, gaps, notices' },
    { name: 'describe', description: 'The catalogue, this surface, health' },
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
    },
    schemas: schemasOf(),
  },
});

const pathsOf = (): Json => {
  const paths: Record<string, Json> = {};
  for (const { key, access, function: tag } of routes) {
    const [method, path] = key.split(' ') as [string, string];
    paths[path] = {
      ...paths[path],
      [method.toLowerCase()]: printOperation(operations[key], path, access !== 'anyone', tag),
    };
  }
  return paths;
};

const printOperation = (
  { id, summary, query = {}, headers = {}, body, answers, problems }: Operation,
  path: string,
  isAuthorized: boolean,
  tag: string,
): Json => {
  const parameter = (where: string, name: string, { description, schema }: Parameter): Json => ({
    name,
    in: where,
    required: where === 'path',
    description,
    schema,
  });
  const parameters = [
    ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name]) =>
      parameter('path', name!, pathParameter(path, name!)),
    ),
    ...Object.entries(query).map(([name, it]) => parameter('query', name, it)),
    ...Object.entries(headers).map(([name, it]) => parameter('header', name, it)),
  ];
  const plain = [
    ...new Set([
      ...problems,
      ...always,
      ...(isAuthorized ? whereAuthorized : []),
      ...(body ? whereBody : []),
    ]),
  ].filter(status => !(status in answers));
  return {
    operationId: id,
    summary,
    tags: [tag],
    security: isAuthorized ? [{ bearer: [] }, { sigv4: [] }] : [],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body ? { requestBody: { required: body.isRequired, content: contentOf(body.content) } } : {}),
    responses: Object.fromEntries([
      ...Object.entries(answers).map(([status, { description, content, headers: given }]) => [
        status,
        {
          description,
          ...(given ? { headers: headersOf(given) } : {}),
          ...(content ? { content: contentOf(content) } : {}),
        },
      ]),
      ...plain.map(status => [
        status,
        { description: meanings[status], content: contentOf({ 'application/problem+json': 'Problem' }) },
      ]),
      [
        'default',
        {
          description: 'What came is not such a request: 405, 408, 414, 417, 431, 501 or 505.',
          content: contentOf({ 'application/problem+json': 'Problem' }),
        },
      ],
    ]),
  };
};

const contentOf = (content: Readonly<Record<string, string>>): Json =>
  Object.fromEntries(Object.entries(content).map(([type, shape]) => [type, { schema: ref(shape) }]));

const headersOf = (headers: Readonly<Record<string, string>>): Json =>
  Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: 'string' } }]),
  );

/** A shape that has a name is referred to by it wherever it stands in another. */
const schemasOf = (): Json => {
  const named = z.registry<{ id: string; description?: string | undefined }>();
  for (const [id, shape] of Object.entries(shapes)) named.add(shape, { ...z.globalRegistry.get(shape), id });
  const { schemas } = z.toJSONSchema(named, {
    // What is read is described as it comes, before it is made into what the functions work with.
    io: 'input',
    unrepresentable: 'any',
    uri: id => `#/components/schemas/${id}`,
  });
  return Object.fromEntries(
    Object.entries(schemas).map(([name, { $schema, $id, ...schema }]) => [name, schema]),
  );
};

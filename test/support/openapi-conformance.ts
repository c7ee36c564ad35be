/** Checks requests and answers against the OpenAPI document, as far as it describes them. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { expect } from 'vitest';
import { openApiDocument } from '#domain/http/openapi-document.ts';

type Operation = {
  operationId: string;
  responses: Record<string, { description: string; content?: Record<string, { schema: { $ref: string } }> }>;
};
type Document = { paths: Record<string, Record<string, Operation>> };

const document = openApiDocument() as unknown as Document;
const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema(document, 'openapi');
const checks = new Map<string, ValidateFunction>();
const checkOf = (ref: string): ValidateFunction => {
  let check = checks.get(ref);
  if (!check) {
    check = ajv.compile({ $ref: `openapi${ref}` });
    checks.set(ref, check);
  }
  return check;
};

const patterns = Object.entries(document.paths)
  .map(([path, operations]) => ({
    path,
    operations,
    pattern: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`),
  }))
  // Literal paths go before paths with parameters.
  .sort((a, b) => b.path.replaceAll(/\{\w+\}/g, '').length - a.path.replaceAll(/\{\w+\}/g, '').length);

export const operationOf = (method: string, pathname: string): Operation | undefined =>
  patterns.find(({ pattern, operations }) => pattern.test(pathname) && method.toLowerCase() in operations)
    ?.operations[method.toLowerCase()];

export type Answered = { status: number; contentType: string | null; body: string };

/**
 * Fails if an answer does not match the document. HEAD is described as GET, without a body; OPTIONS needs no
 * description. A method that a path does not have must be answered with 405, an unknown path with 404.
 */
export const expectConformity = (method: string, pathname: string, answer: Answered): void => {
  const name = `${method} ${pathname} → ${answer.status}`;
  const operation = operationOf(method === 'HEAD' ? 'GET' : method, pathname);
  if (!operation) {
    const isKnown = patterns.some(({ pattern }) => pattern.test(pathname));
    const expected = isKnown ? (method === 'OPTIONS' ? 204 : 405) : 404;
    expect(answer.status, `${name} is not described`).toBe(expected);
    return;
  }
  if (method === 'HEAD') {
    expect(operation.responses[answer.status], `${name}: the status is not described`).toBeDefined();
    expect(answer.body, name).toBe('');
    return;
  }
  const isOfDoor = [405, 408, 414, 417, 431, 501, 505].includes(answer.status);
  const response = operation.responses[isOfDoor ? 'default' : answer.status];
  expect(response, `${name}: the status is not described`).toBeDefined();
  if (!response!.content) {
    expect(answer.body, `${name}: no body is described`).toBe('');
    return;
  }
  const content = response!.content[answer.contentType?.split(';')[0] ?? ''];
  expect(content, `${name}: ${answer.contentType} is not described`).toBeDefined();
  const check = checkOf(content!.schema.$ref);
  const body = JSON.parse(answer.body) as { code?: string };
  const isValid = check(body);
  expect(isValid, `${name}: ${JSON.stringify(check.errors)}\n${answer.body.slice(0, 2000)}`).toBe(true);
  if (content!.schema.$ref.endsWith('/Problem'))
    expect(response!.description, `${name}: the code is not described`).toContain(`\`${body.code}\``);
};

/** Bodies of requests, parsed as receive does it, with the catalogue that Annals brings. */
import { expect } from 'vitest';
import { installedCatalogue } from '#catalogue/bundled.ts';
import { type BodyProblem, parseRequestBody, type Verdict } from '#domain/receive/body.ts';
import { latest } from './builders.ts';

/** The verdicts on the events of a body, in their order; or the problem of the whole body. */
export const parseBody = (
  bytes: Buffer | string,
  contentType = 'application/json',
  contentEncoding = '',
): Verdict[] | BodyProblem => {
  const verdicts: Verdict[] = [];
  const problem = parseRequestBody(
    { bytes, contentType, contentEncoding },
    {
      latest,
      judge: event => installedCatalogue.judge(event, { isStrict: false, isPayloadStrict: false }),
    },
    (verdict, index) => {
      expect(index).toBe(verdicts.length);
      verdicts.push(verdict);
    },
  );
  return problem ?? verdicts;
};

/** The code of each refusal, or `ok`; or the code of the problem. */
export const codesOf = (result: ReturnType<typeof parseBody>): string | string[] =>
  Array.isArray(result) ? result.map(({ refusal }) => refusal?.code ?? 'ok') : result.code;

import { describe, expect, it } from 'vitest';
import { NotRecorded } from '#aws/self-audit.ts';
import { errorFacts, extendLogContext, inContext, withLogContext } from '#functions/runtime/log.ts';

type Facts = { error: string; detail: string; stack: string; causes?: Facts[] };
const factsOf = (error: unknown) => errorFacts(error) as Facts;

const failDeep = (): never => {
  throw new RangeError('The disk is full');
};
const failAbove = (): never => {
  try {
    return failDeep();
  } catch (cause) {
    throw new NotRecorded({ cause });
  }
};
const caught = (run: () => unknown): unknown => {
  try {
    return run();
  } catch (error) {
    return error;
  }
};

describe('the facts of an error', () => {
  it('have the chain of its causes, each with its stack', () => {
    const { causes, ...facts } = factsOf(caught(failAbove));
    expect(facts).toMatchObject({ error: 'NotRecorded', stack: expect.stringContaining('failAbove') });
    expect(causes).toHaveLength(1);
    expect(causes![0]).toMatchObject({ error: 'RangeError', detail: 'The disk is full' });
    expect(causes![0]!.stack).toMatch(/^at failDeep .*log\.test\.ts/);
  });

  it('have what an error aggregates, each once and ten at most, though the chain ends nowhere', () => {
    const errors = Array.from({ length: 20 }, (_, n) => new Error(`step ${n}`));
    errors[0]!.cause = errors[1];
    errors[1]!.cause = errors[0];
    const { causes } = factsOf(new AggregateError(errors, 'All of it'));
    expect(causes!.map(({ detail }) => detail)).toEqual(errors.slice(0, 9).map(({ message }) => message));
    expect(factsOf(new Error('x', { cause: 'ThrottlingException' })).causes).toEqual([
      { error: 'ThrottlingException' },
    ]);
  });

  it('quote nothing of what was read', () => {
    const error = new Error('The answer cannot be read', {
      cause: caught(() => JSON.parse('secret payload')),
    });
    expect(JSON.stringify(errorFacts(error))).not.toContain('secret');
    expect(factsOf(error).causes).toMatchObject([{ error: 'SyntaxError', detail: 'Not valid JSON' }]);
    expect(errorFacts({ payload: 'secret' })).toEqual({ error: 'Object' });
  });

  it('have no whole URL, no user of one, and no query', () => {
    const error = new TypeError('Failed to parse URL from https://me:secret@example.com/secret?token=secret');
    expect(factsOf(error).detail).toBe('Failed to parse URL from https://example.com/…');
    expect(factsOf(new Error('No route for /results/x?expires=1&signature=secret')).detail).toBe(
      'No route for /results/x?…',
    );
    expect(JSON.stringify(errorFacts(error))).not.toContain('secret');
  });
});

describe('the context of a log', () => {
  const lines: unknown[] = [];
  const log = inContext((level, message, facts) => lines.push({ level, message, ...facts }));

  it('is in every line of what runs in it, also after a pause, and in no other', async () => {
    await Promise.all(
      ['a', 'b'].map(request_id =>
        withLogContext({ request_id }, async () => {
          await new Promise(setImmediate);
          extendLogContext({ function: `manage-${request_id}` });
          log('info', request_id);
        }),
      ),
    );
    log('warn', 'alone');
    extendLogContext({ function: 'nobody' });
    expect(lines).toEqual([
      { level: 'info', message: 'a', request_id: 'a', function: 'manage-a' },
      { level: 'info', message: 'b', request_id: 'b', function: 'manage-b' },
      { level: 'warn', message: 'alone' },
    ]);
  });
});

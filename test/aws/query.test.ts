import { describe, expect, it } from 'vitest';
import { readEnvironment, variablesOf } from '#aws/environment.ts';
import { Query } from '#aws/query.ts';

describe('the status of a query', () => {
  const statusOf = (State: string, StateChangeReason?: string) =>
    new Query(
      {
        send: (async () => ({
          QueryExecution: {
            Status: { State, StateChangeReason, CompletionDateTime: new Date(0) },
            Statistics: { DataScannedInBytes: 7 },
          },
        })) as never,
      },
      { workGroup: 'w', database: 'd', results: 'r' },
    ).status('q');

  it.each(['QUEUED', 'RUNNING'])('%s: it is still running', async state => {
    expect(await statusOf(state)).toEqual({ state: 'running' });
  });

  it('reports what it has read once it has succeeded', async () => {
    expect(await statusOf('SUCCEEDED')).toMatchObject({
      state: 'succeeded',
      bytesScanned: 7,
      outputKey: 'athena/q.csv',
    });
  });

  it('has failed if it was cancelled, whether a reason was given or not', async () => {
    expect(await statusOf('CANCELLED')).toEqual({ state: 'failed', message: 'The query was cancelled' });
    expect(await statusOf('CANCELLED', 'by somebody')).toEqual({ state: 'failed', message: 'by somebody' });
    expect(await statusOf('FAILED', 'exhausted')).toEqual({ state: 'failed', message: 'exhausted' });
  });

  it('has failed if Athena does not know it, so that no export waits for it; any other fault is reported', async () => {
    const failing = (name: string) =>
      new Query(
        { send: (() => Promise.reject(Object.assign(new Error('no'), { name }))) as never },
        { workGroup: 'w', database: 'd', results: 'r' },
      ).status('q');
    expect(await failing('InvalidRequestException')).toEqual({
      state: 'failed',
      message: 'Athena does not know the query q',
    });
    await expect(failing('InternalServerException')).rejects.toThrow('no');
  });
});

describe('the environment', () => {
  const complete = {
    ANNALS_CATALOGUE_MODE: 'open',
    ANNALS_BUCKETS: '32',
    ANNALS_STREAM: 's',
    ANNALS_LEDGER: 'l',
    ANNALS_STATE: 't',
    ANNALS_VIEWS: 'v',
    ANNALS_RESULTS: 'r',
    ANNALS_ASIDE: 'a',
    ANNALS_WORK_GROUP: 'w',
    ANNALS_DATABASE: 'd',
    ANNALS_SUPPORT_ROLES: 'arn:aws:iam::123456789012:role/a, arn:aws:iam::123456789012:role/b',
    ANNALS_OPERATOR_ROLES: '',
    ANNALS_STALL_SECONDS: '900',
    ANNALS_OPEN_SECONDS: '3600',
    ANNALS_NOTIFICATION_TOPIC: '',
    ANNALS_INSTALLATION: 'prod',
    ANNALS_SCOPE_CLAIM: 'org',
    ANNALS_DIRECTORY_FUNCTION: '',
    ANNALS_PAGE_SECRET: '',
    ANNALS_DELIVERY_KEY: 'k',
    ANNALS_ACCOUNT: '123456789012',
    ANNALS_DELIVERY_PORTS: '',
  };

  it('is typed', () => {
    expect(readEnvironment('export', complete)).toMatchObject({
      ANNALS_BUCKETS: 32,
      ANNALS_SUPPORT_ROLES: ['arn:aws:iam::123456789012:role/a', 'arn:aws:iam::123456789012:role/b'],
      ANNALS_OPERATOR_ROLES: [],
    });
  });

  it('holds for a function what that function needs', () => {
    for (const name of Object.keys(variablesOf) as (keyof typeof variablesOf)[])
      expect(Object.keys(readEnvironment(name, complete)).sort()).toEqual([...variablesOf[name]].sort());
  });

  it('reports all of its faults together', () => {
    expect(() =>
      readEnvironment('export', {
        ...complete,
        ANNALS_BUCKETS: '33',
        ANNALS_STREAM: undefined,
        ANNALS_SUPPORT_ROLES: 'nobody',
      }),
    ).toThrow(/ANNALS_BUCKETS: Expected a power of two.*ANNALS_STREAM.*ANNALS_SUPPORT_ROLES/);
  });
});

/**
 * The rules of the seed, in its own words: what CircleCI's document says of its audit log, each sentence a test. Its
 * spelling is kept.
 */
import { describe, expect, it } from 'vitest';
import { actions } from '#catalogue/sets/circleci/generated/actions.ts';
import { Catalogue } from '#domain/catalogue/catalogue.ts';
import { eventFields } from '#domain/event/event.ts';
import { accepted, anId, eventObject, eventText, judge } from '#test/support/builders.ts';
import { seedActions } from '#test/support/seed-actions.ts';
import { type CsvRow, startServer } from '#test/support/server.ts';

const refusal = (change: Record<string, unknown>) => judge(eventText(change));
/** The set of actions that the document lists. */
const seed = { catalogueWith: ['circleci'] };
const exported = async (...changes: Record<string, unknown>[]): Promise<CsvRow[]> => {
  const { post, exportLog } = await startServer(seed);
  const { status } = await post(changes.map(change => eventText(change)).join('\n'), 'application/x-ndjson');
  expect(status).toBe(202);
  return (await exportLog()).rows;
};
const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

describe('Audit Logs', () => {
  it('only an admin user of your organization is able to request this', async () => {
    const { request, admin } = await startServer();
    const question = { scope_id: 'acme', requested_by: 'u-1', reason: 'ticket 1' };
    expect((await request(question)).status).toBe(403);
    await admin('acme', 'u-1');
    expect((await request(question)).status).toBe(202);
  });

  it('Audit logs are separarate from system logs that track performance and network metrics.', async () => {
    const logged: unknown[] = [];
    const { post, exportLog } = await startServer({ log: (...entry) => void logged.push(entry) });
    await post(eventText({ payload: { name: 's3cret' } }));
    await post('[1]');
    const { rows, own } = await exportLog();
    expect(rows).toHaveLength(1);
    expect(own.map(({ action }) => action)).toEqual(['audit_log.admin.grant', 'audit_log.export.request']);
    expect(JSON.stringify(logged)).not.toContain('s3cret');
  });

  it('Audit log fields with nested data contain JSON blobs.', async () => {
    const [row] = await exported({ metadata: { k: 'v' }, request: { id: 'r', ip_address: '127.0.0.1' } });
    for (const field of ['actor', 'target', 'payload', 'metadata', 'scope', 'request'] as const)
      expect(JSON.parse(row![field])).toBeTypeOf('object');
  });

  it(
    'The `id` field of the downloaded logs is unique per event and can be used to identify ' +
      'duplicate entries.',
    async () => {
      const rows = await exported({ id: uuid(1) }, { id: uuid(2) }, { id: uuid(1) });
      expect(rows.map(({ id }) => id).sort()).toEqual([uuid(1), uuid(2)]);
    },
  );
});

describe('Audit Log Events', () => {
  const catalogue = new Catalogue(actions);
  it.each(seedActions)('%s', action => {
    const { versions } = catalogue.find(action)!;
    const payload = JSON.stringify(versions[1]!.example);
    const strictness = { isStrict: true, isPayloadStrict: true };
    // The schema is open, and asks for nothing: an event of the action may say nothing more.
    for (const sent of [payload, '{}'])
      expect(catalogue.judge({ action, version: 1, payload: sent, scopeId: 'acme' }, strictness)).toEqual({
        isCatalogued: true,
        warnings: [],
      });
  });
});

describe('Audit Log Fields', () => {
  it('are these, in this order', async () => {
    const [row] = await exported({});
    expect(Object.keys(row!)).toEqual(eventFields);
  });

  describe('action: The action taken that created the event.', () => {
    it(
      'The format is ASCII lowercase words separated by dots, with the entity acted upon first ' +
        'and the action taken last.',
      () => {
        for (const action of ['context.create', 'user.logged_in', 'a.b2']) accepted(eventText({ action }));
        for (const action of [
          'create',
          'Context.create',
          'contéxt.create',
          'context create',
          'context..create',
          '.create',
          'context.',
        ])
          expect(refusal({ action }), action).toMatchObject({ code: 'invalid_action', path: '/action' });
      },
    );

    it('In some cases entities are nested, for example, `workflow.job.start`.', () => {
      expect(accepted(eventText({ action: 'workflow.job.start', payload: {} })).action).toBe(
        'workflow.job.start',
      );
    });
  });

  describe.each([
    ['actor', 'The actor who performed this event. In most cases this will be a CircleCI user.'],
    [
      'target',
      'The entity instance acted upon for this event, for example, a project, an org, an account, or a build.',
    ],
    ['scope', 'the account field should be filled in with the Account name and ID.'],
  ])('%s: %s', field => {
    it('This data is a JSON blob that will always contain `id` and and `type` and will likely contain `name`.', () => {
      const party = { id: '1', type: 't' };
      accepted(eventText({ [field]: party }));
      accepted(eventText({ [field]: { ...party, name: 'N', more: { any: 1 } } }));
      expect(refusal({ [field]: { id: '1' } })).toMatchObject({ path: `/${field}/type` });
      expect(refusal({ [field]: { type: 't' } })).toMatchObject({ path: `/${field}/id` });
      expect(refusal({ [field]: 'text' })).toMatchObject({ code: 'invalid_type', path: `/${field}` });
    });
  });

  describe('payload: A JSON blob of action-specific information.', () => {
    it(
      'The schema of the payload is expected to be consistent for all events with the same ' +
        '`action` and `version`.',
      async () => {
        const { post, exportLog } = await startServer(seed);
        const answer = await post(
          `[${eventText({ payload: { name: 'x' } })},${eventText({ payload: { name: 7 }, id: uuid(2) })}]`,
        );
        expect(answer.status).toBe(202);
        expect(answer.events[1]).toMatchObject({
          warnings: [{ code: 'payload_mismatch', path: '/payload/name' }],
        });
        // What contradicts it is in the log nevertheless: a value must not keep its event out.
        expect((await exportLog()).rows.map(({ payload }) => payload).sort()).toEqual([
          '{"name":"x"}',
          '{"name":7}',
        ]);
        const strict = await startServer({ ...seed, strictPayloads: true });
        expect((await strict.post(eventText({ payload: { name: 7 } }))).rejected).toMatchObject([
          { code: 'invalid_payload', path: '/payload/name' },
        ]);
      },
    );
  });

  describe('occurred_at', () => {
    it(
      'When the event occurred in UTC expressed in ISO-8601 format with up to nine digits of ' +
        "fractional precision, for example '2017-12-21T13:50:54.474Z'.",
      async () => {
        const times = [
          ['2017-12-21T13:50:54.474Z', '2017-12-21T13:50:54.474000000Z'],
          ['2017-12-21T13:50:54.123456789Z', '2017-12-21T13:50:54.123456789Z'],
          ['2017-12-21T13:50:54Z', '2017-12-21T13:50:54.000000000Z'],
          ['2017-12-21T14:50:54.5+01:00', '2017-12-21T13:50:54.500000000Z'],
        ] as const;
        const rows = await exported(...times.map(([occurred_at], n) => ({ occurred_at, id: uuid(n) })));
        expect(Object.fromEntries(rows.map(row => [row.id, row.occurred_at]))).toEqual(
          Object.fromEntries(times.map(([, stored], n) => [uuid(n), stored])),
        );
        expect(refusal({ occurred_at: '2017-12-21T13:50:54.1234567890Z' })).toMatchObject({
          code: 'invalid_timestamp',
        });
      },
    );
  });

  describe('metadata: A set of key/value pairs that can be attached to any event.', () => {
    it('All keys and values are strings.', () => {
      accepted(eventText({ metadata: { any: 'text', '': '' } }));
      for (const value of [1, true, null, {}, ['x']])
        expect(accepted(eventText({ metadata: { k: value } }))).toMatchObject({
          metadata: JSON.stringify({ k: JSON.stringify(value) }),
          warnings: [{ code: 'metadata_as_text', path: '/metadata/k' }],
        });
    });
  });

  describe('id: A UUID that uniquely identifies this event.', () => {
    it('This is intended to allow consumers of events to identify duplicate deliveries.', async () => {
      expect(refusal({ id: '' })).toMatchObject({ code: 'invalid_id', path: '/id' });
      expect(accepted(eventText({ id: 'x' })).id).toMatch(/^[0-9a-f-]{36}$/);
      const { post, exportLog } = await startServer();
      await post(eventText());
      await post(eventText());
      const { job, rows } = await exportLog();
      expect(rows.map(({ id }) => id)).toEqual([anId]);
      expect(job.duplicates).toBe(1);
    });
  });

  describe('version: Version of the event schema.', () => {
    it('Currently the value will always be 1.', () => {
      const { version: _, ...unversioned } = eventObject();
      expect(accepted(JSON.stringify(unversioned)).version).toBe(1);
    });

    it('Later versions may have different values to accommodate schema changes.', () => {
      expect(accepted(eventText({ version: 2 })).version).toBe(2);
    });
  });

  describe('scope', () => {
    it(
      'If the target is owned by an Account in the CircleCI domain model, the account field ' +
        'should be filled in with the Account name and ID.',
      () => {
        const scope = { id: 'acme', type: 'account', name: 'Acme' };
        expect(accepted(eventText({ scope }))).toMatchObject({
          scope: JSON.stringify(scope),
          scopeId: 'acme',
        });
        expect(accepted(eventText({ scope: undefined })).scopeId).toBeUndefined();
      },
    );
  });

  describe('success', () => {
    it('A flag to indicate if the action was successful.', async () => {
      const rows = await exported({ success: true, id: uuid(1) }, { success: false, id: uuid(2) });
      expect(rows.map(({ success }) => success)).toEqual(['true', 'false']);
      expect(refusal({ success: 'true' })).toMatchObject({ path: '/success' });
    });
  });

  describe('request', () => {
    const send = async (headers: Record<string, string>): Promise<Record<string, string>[]> => {
      const { call, exportLog } = await startServer();
      const events = [eventObject({ id: uuid(1) }), eventObject({ id: uuid(2) })];
      await call('emitter', '/v1/events', { method: 'POST', body: JSON.stringify(events), headers });
      return (await exportLog()).rows.map(({ request }) => JSON.parse(request) as Record<string, string>);
    };

    it(
      'If this event was triggered by an external request this data will be populated and may be ' +
        'used to connect events that originate from the same external request.',
      async () => {
        const [first, second] = await send({});
        expect(first!.id).toBeTruthy();
        expect(first).toEqual(second);
      },
    );

    it(
      '`ip_address` (the original IP address in IPV4 dotted notation from which the request was ' +
        'made, eg. 127.0.0.1)',
      async () => {
        const [first] = await send({});
        expect(first!.ip_address).toBe('127.0.0.1');
        const request = { id: 'r', ip_address: '127.0.0.1' };
        expect(accepted(eventText({ request })).request).toBe(JSON.stringify(request));
        expect(accepted(eventText({ request: { id: 'r', ip_address: '127.1' } }))).toMatchObject({
          request: '{"id":"r","ip_address":"127.1"}',
          warnings: [{ code: 'not_an_address', path: '/request/ip_address' }],
        });
      },
    );

    it(
      "`client_trace_id` (the client trace ID header, if present, from the 'X-Client-Trace-Id' " +
        'HTTP header of the original request)',
      async () => {
        expect((await send({ 'X-Client-Trace-Id': 'trace-1' }))[0]!.client_trace_id).toBe('trace-1');
        expect((await send({}))[0]).not.toHaveProperty('client_trace_id');
      },
    );
  });
});

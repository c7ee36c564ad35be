import { expect, it } from 'vitest';
import { otlpForm } from '#domain/deliver/otlp.ts';

const entry = (occurredAt: string) =>
  otlpForm.entry({ text: '{"a":1.50}\n', event: { id: 'e', occurredAt } }, 0).text;
const verdict = (status: number, body: string) => otlpForm.verdict({ status, body }, 0);

it('is an ExportLogsServiceRequest, with all nine digits of the time', () => {
  const manifest = otlpForm.entry({ text: '{}', event: undefined }, 0).text;
  const { resourceLogs } = JSON.parse(otlpForm.body([entry('2026-11-23T12:00:00.123456789Z'), manifest]));
  expect(resourceLogs[0].resource.attributes[0].value).toEqual({ stringValue: 'annals' });
  expect(resourceLogs[0].scopeLogs[0].logRecords).toEqual([
    {
      timeUnixNano: '1795435200123456789',
      severityNumber: 9,
      severityText: 'INFO',
      body: { stringValue: '{"a":1.50}' },
      attributes: [{ key: 'log.record.uid', value: { stringValue: 'e' } }],
    },
    { severityNumber: 9, severityText: 'INFO', body: { stringValue: '{}' } },
  ]);
  expect(JSON.parse(entry('1969-12-31T23:59:59.000000000Z')).timeUnixNano).toBe('0');
});

it('reads how many records were rejected, as a number and as a string', () => {
  for (const body of ['', '{}', '{"partialSuccess":{}}', '{"partialSuccess":null}'])
    expect(verdict(200, body)).toEqual({ kind: 'taken' });
  expect(verdict(200, '{"partialSuccess":{"rejectedLogRecords":"0","errorMessage":"hm"}}')).toEqual({
    kind: 'taken',
  });
  for (const count of ['"2"', '2'])
    expect(verdict(200, `{"partialSuccess":{"rejectedLogRecords":${count}}}`)).toEqual({
      kind: 'refused',
      status: 200,
      isPartial: true,
    });
  expect(verdict(200, '<html>')).toMatchObject({ code: 'unexpected_answer' });
  expect(verdict(429, '')).toMatchObject({ code: 'throttled' });
});

import { expect, it } from 'vitest';
import { formOf } from '#domain/deliver/forms.ts';
import { probeAction, probeCells } from '#domain/deliver/probe.ts';

const at = '2026-11-26T12:00:00.000000000Z';

it('has the members of an event in each form, and says what it is', () => {
  expect(JSON.parse(formOf('json').line(probeCells(at)))).toMatchObject({
    action: probeAction,
    occurred_at: at,
    success: true,
    payload: {},
  });
  expect(JSON.parse(formOf('ocsf').line(probeCells(at)))).toMatchObject({ activity_name: probeAction });
  expect(probeCells(at).id).not.toBe(probeCells('2026-11-26T12:00:01.000000000Z').id);
});

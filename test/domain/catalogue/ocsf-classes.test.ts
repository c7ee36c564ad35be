import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, it } from 'vitest';
import { baseEvent, isOcsfMapping, ocsfClasses, ocsfVersion } from '#domain/catalogue/ocsf-classes.ts';
import schema from '#test/vectors/ocsf-1.8.0.json' with { type: 'json' };

type Numbers = Record<'class_uid' | 'category_uid', { const: number }> &
  Record<'activity_id' | 'type_uid', { enum: number[] }>;
const published = schema.classes as unknown as Record<string, { $id: string; properties: Numbers }>;

it('numbers every class, category and activity as the published schema does', () => {
  const classes = { ...ocsfClasses, base_event: { ...baseEvent, activities: {} } };
  expect(Object.keys(classes).sort()).toEqual(Object.keys(published).sort());
  for (const [name, { uid, category, activities }] of Object.entries(classes)) {
    const { $id, properties } = published[name]!;
    expect($id).toContain(`/${ocsfVersion}/classes/${name}`);
    expect(properties.class_uid.const).toBe(uid);
    expect(properties.category_uid.const).toBe(category);
    for (const id of Object.values(activities)) {
      expect(properties.activity_id.enum).toContain(id);
      expect(properties.type_uid.enum).toContain(uid * 100 + id);
    }
  }
  expect(new Ajv2020().validateSchema(published.api_activity!)).toBe(true);
});

it('takes a mapping only if the class has the activity', () => {
  expect(isOcsfMapping({ class: 'account_change', activity: 'Create' })).toBe(true);
  expect(isOcsfMapping({ class: 'account_change', activity: 'Logon' })).toBe(false);
  expect(isOcsfMapping({ class: 'toString', activity: 'Create' })).toBe(false);
  expect(isOcsfMapping({ class: 'api_activity', activity: 'constructor' })).toBe(false);
});

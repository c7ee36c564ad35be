import { describe, expect, it } from 'vitest';
import { cloudtrailDraft } from '#cli/import/cloudtrail.ts';
import { printDraft, readJson } from '#cli/import/draft.ts';
import { accepted } from '#test/support/builders.ts';
import { realRecords } from '#test/support/real-records.ts';

const draftOf = (raw: string) => {
  const { text, canonical } = readJson(raw, 'It');
  return cloudtrailDraft(JSON.parse(text), text, canonical);
};
const record = { eventSource: 's3.amazonaws.com', eventName: 'PutObject', eventTime: '2026-01-01T00:00:00Z' };
const of = (change: object) => draftOf(JSON.stringify({ ...record, ...change }));

describe("CloudTrail's records", () => {
  it('become events, all of them, with the record as payload', () => {
    const records = realRecords('AWS');
    expect(records.length).toBeGreaterThan(10);
    for (const raw of records) {
      const event = accepted(printDraft(draftOf(raw), undefined).toString());
      expect(JSON.parse(event.payload)).toEqual(JSON.parse(raw));
      expect(event.occurredAt).toBeDefined();
    }
  });

  it('say what was done, by whom, in which account, and whether it succeeded', () => {
    const [first] = realRecords('AWS');
    expect(draftOf(first!)).toMatchObject({
      action: '"ec2.modify_instance_attribute"',
      actor: '{"id":"arn:aws:iam::1111111111:root","type":"root"}',
      target: '{"id":"ec2.amazonaws.com","type":"aws_service"}',
      scope: '{"id":"1111111111","type":"aws_account"}',
      success: 'true',
      id: '"8311ce18-5d58-40f1-a4b3-a757df7cbe47"',
    });
    expect(of({ errorCode: 'AccessDenied' }).success).toBe('false');
    expect(of({ responseElements: { ConsoleLogin: 'Failure' } }).success).toBe('false');
    expect(of({ resources: [{ ARN: 'arn:x', type: 'AWS::S3::Bucket' }] }).target).toBe(
      '{"id":"arn:x","type":"AWS::S3::Bucket"}',
    );
  });

  it('have an id of their content if they have none', () => {
    expect(of({}).id).toBe(of({}).id);
    expect(of({}).id).not.toBe(of({ awsRegion: 'x' }).id);
  });

  it('are refused if they are something else', () => {
    expect(() => draftOf('{"a":1}')).toThrow('is it one of CloudTrail?');
  });
});

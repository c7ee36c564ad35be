import { describe, expect, it } from 'vitest';
import { printDraft, readJson } from '#cli/import/draft.ts';
import { githubDraft } from '#cli/import/github.ts';
import { accepted } from '#test/support/builders.ts';
import { realRecords } from '#test/support/real-records.ts';

const draftOf = (raw: string) => {
  const { text, canonical } = readJson(raw, 'It');
  return githubDraft(JSON.parse(text), text, canonical);
};
const of = (change: object) =>
  draftOf(
    JSON.stringify({ '@timestamp': 1_685_465_626_150, action: 'repo.create', actor: 'mona', ...change }),
  );

describe("GitHub's audit log", () => {
  it('becomes events, with the record as payload', () => {
    const records = realRecords('Github');
    expect(records.length).toBeGreaterThan(3);
    for (const raw of records) {
      const event = accepted(printDraft(draftOf(raw), undefined).toString());
      expect(JSON.parse(event.payload)).toEqual(JSON.parse(raw));
    }
    expect(draftOf(records[0]!)).toMatchObject({
      action: '"org.block_user"',
      actor: '{"id":"6493123","type":"user","name":"Admin"}',
      target: '{"id":"123123995","type":"organization","name":"Test-org"}',
      scope: '{"id":"123123995","type":"organization","name":"Test-org"}',
      occurred_at: '"2023-05-30T16:53:46.150Z"',
      id: '"ioehzret57biefb87"',
    });
  });

  it('names the most specific target, and the enterprise if there is no organization', () => {
    const org = { org: 'o', org_id: 1 };
    expect(of({ ...org, repo: 'o/r', repo_id: 2 }).target).toContain('"type":"repository"');
    expect(of({ ...org, team: 'o/t', repo: 'o/r' }).target).toContain('"type":"team"');
    expect(of({ ...org, user: 'hubot' }).target).toContain('"type":"user"');
    expect(of({ ...org, user: 'mona' }).target).toContain('"type":"organization"');
    expect(of({}).target).toBe('{"id":"mona","type":"user","name":"mona"}');
    expect(of({ business: 'b' }).scope).toBe('{"id":"b","type":"enterprise","name":"b"}');
    expect(of({}).scope).toBeUndefined();
  });

  it('keeps address and agent, knows bots and failures, and gives every action an entity', () => {
    expect(of({ actor_ip: '192.0.2.1', user_agent: 'x', request_id: 'r' }).request).toBe(
      '{"id":"r","ip_address":"192.0.2.1","user_agent":"x"}',
    );
    expect(of({ actor_is_bot: true }).actor).toContain('"type":"bot"');
    expect(of({ actor: undefined }).actor).toBe('{"id":"github","type":"system","name":"GitHub"}');
    expect(of({ action: 'user.failed_login' }).success).toBe('false');
    expect(of({ action: 'protected_branch.rejected_ref_update' }).success).toBe('false');
    expect(of({ action: 'fork' }).action).toBe('"github.fork"');
    expect(of({ action: 'team.add-member' }).action).toBe('"team.add_member"');
  });

  it('reads its times, and refuses what is not a record', () => {
    expect(of({ '@timestamp': undefined, created_at: '2026-01-01T00:00:00Z' }).occurred_at).toBe(
      '"2026-01-01T00:00:00Z"',
    );
    expect(of({ '@timestamp': undefined }).occurred_at).toBeUndefined();
    expect(() => of({ '@timestamp': 1e99 })).toThrow('milliseconds');
    expect(() => of({ action: '' })).toThrow('no "action"');
  });
});

/**
 * The log of the sample: what a small company does in a week, by the actions of the example catalogue. It is
 * the same for the same beginning, ids too, so that filling it twice adds nothing.
 */
import { createHash } from 'node:crypto';
import { derivedId } from '#domain/derived-id.ts';

export const sampleScope = { id: 'acme', type: 'account', name: 'Acme' } as const;
/** Who is an admin of it, and is signed in by the link of the sample. */
export const sampleAdmin = 'ada';

const people = ['Ada Byron', 'Grace Ito', 'Linus Okafor', 'Margaret Vu', 'Alan Reyes', 'Zoë Lindqvist'].map(
  (name, at) => ({ id: name.split(' ')[0]!.toLowerCase(), name, address: `203.0.113.${20 + at}` }),
);
type Person = (typeof people)[number];
const robot: Person = { id: 'ci-bot', name: 'CI bot', address: '198.51.100.7' };
const projects = ['web-shop', 'billing', 'mobile-app', 'warehouse'];
const contexts = ['deploy-staging', 'deploy-prod', 'payments', 'analytics'];
const variables = ['AWS_REGION', 'NPM_TOKEN', 'DATABASE_URL', 'SENTRY_DSN', 'STRIPE_KEY'];

type Thing = { id: string; type: string; name: string };
type Deed = { action: string; target: Thing; payload: object; success?: boolean };

const thing = (type: string, name: string): Thing => ({ id: `${type}-${name}`, type, name });
const userThing = ({ id, name }: Person): Thing => ({ id, type: 'user', name });

/** Numbers below a limit, the same for the same seed. */
const dice = (seed: string): ((below: number) => number) => {
  const bytes = createHash('sha256').update(seed).digest();
  let at = 0;
  return below => {
    at = (at + 2) % 30;
    return bytes.readUInt16BE(at) % below;
  };
};
const pick = <T>(roll: (below: number) => number, all: readonly T[]): T => all[roll(all.length)]!;

/** What somebody does with one request. */
const deedsOf = (roll: (below: number) => number, who: Person): Deed[] => {
  const project = pick(roll, projects);
  const context = thing('context', pick(roll, contexts));
  const variable = pick(roll, variables);
  switch (roll(10)) {
    case 0:
    case 1: {
      const payload = { method: 'saml', identity_provider: 'okta' };
      return [{ action: 'user.logged_in', target: userThing(who), payload, success: roll(6) !== 0 }];
    }
    case 2:
      return [{ action: 'user.logged_out', target: userThing(who), payload: { reason: 'user' } }];
    case 3:
      return [
        { action: 'context.env_var.store', target: context, payload: { variable, is_overwritten: true } },
        ...(roll(2) ? [{ action: 'context.env_var.delete', target: context, payload: { variable } }] : []),
      ];
    case 4: {
      const isForking = roll(2) === 0;
      const payload = { before: { build_forks: isForking }, after: { build_forks: !isForking } };
      return [{ action: 'project.settings.update', target: thing('project', project), payload }];
    }
    case 5:
      return [
        {
          action: roll(3) ? 'project.env_var.create' : 'project.env_var.delete',
          target: thing('project', project),
          payload: { variable },
          success: roll(8) !== 0,
        },
      ];
    default: {
      const target = thing('job', `${project}-deploy`);
      const job = {
        job_name: 'deploy',
        workflow_name: 'build-and-deploy',
        pipeline_number: 1000 + roll(900),
      };
      const isGood = roll(5) !== 0;
      const end = { ...job, status: isGood ? 'success' : 'failed', duration_ms: 20_000 + roll(90_000) };
      return [
        { action: 'workflow.job.scheduled', target, payload: job },
        { action: 'workflow.job.start', target, payload: { ...job, executor: 'docker' } },
        { action: 'workflow.job.finish', target, payload: end, success: isGood },
      ];
    }
  }
};

export type SampleEvent = Record<string, unknown> & { id: string; occurred_at: string; action: string };

const print = (seed: string, who: Person, deeds: readonly Deed[], atMs: number): SampleEvent[] =>
  deeds.map(({ success = true, ...deed }, at) => ({
    ...deed,
    actor: { id: who.id, type: 'user', name: who.name },
    success,
    scope: sampleScope,
    // The things of one request happen one after the other.
    occurred_at: new Date(atMs + at * 137).toISOString(),
    id: derivedId('sample', seed, at),
    request: { id: derivedId('sample request', seed), ip_address: who.address },
  }));

/** What happens in one request; `seed` decides what it is. */
export const sampleMoment = (seed: string, atMs: number): SampleEvent[] => {
  const roll = dice(seed);
  const who = roll(4) === 0 ? robot : pick(roll, people);
  return print(seed, who, deedsOf(roll, who), atMs);
};

const days = 7;
const momentsADay = 40;
const dayMs = 86_400_000;

/** The days before `endMs`, the oldest first. In the middle of them somebody deletes what is in production. */
export const sampleHistory = (endMs: number): SampleEvent[] => {
  const moments: SampleEvent[][] = [];
  const startMs = endMs - days * dayMs;
  for (let n = 0; n < days * momentsADay; n++) {
    const jitter = dice(`${endMs} jitter ${n}`)(1000) / 1000;
    const atMs = Math.floor(startMs + ((n + jitter) * days * dayMs) / (days * momentsADay)) - 1000;
    moments.push(sampleMoment(`${endMs} ${n}`, atMs));
  }
  const deletion = {
    action: 'context.delete',
    target: thing('context', 'deploy-prod'),
    payload: { name: 'deploy-prod', variables: 9 },
  };
  moments.push(print(`${endMs} deletion`, people[4]!, [deletion], startMs + 2.5 * dayMs));
  return moments.flat().sort((a, b) => (a.occurred_at < b.occurred_at ? -1 : 1));
};

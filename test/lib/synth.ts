/** The stack as a template, without its bundles. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type { GivenSettings } from '#lib/settings.ts';
import { AnnalsStack } from '#lib/stack.ts';
import type { AnnalsStackProps } from '#lib/stack-props.ts';

export type Resource = {
  Type: string;
  Properties: Record<string, unknown>;
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
  DependsOn?: string | string[];
};
export type Statement = {
  Sid?: string;
  Effect: 'Allow' | 'Deny';
  Action: string | string[];
  Resource?: unknown;
  NotResource?: unknown;
  Condition?: Record<string, Record<string, unknown>>;
};

/** `settings` are text, as the command line gives them, or JSON. `context` is that of the app. */
export const synthesize = async (
  settings: Record<string, unknown> = {},
  props: AnnalsStackProps = {},
  context: Record<string, unknown> = {},
) => {
  const outdir = await mkdtemp(join(tmpdir(), 'annals-test-'));
  const app = new App({ outdir, context: { ...context, 'aws:cdk:bundling-stacks': [] } });
  const stack = new AnnalsStack(app, 'Annals', { ...(settings as GivenSettings), ...props });
  const template = Template.fromStack(stack);
  await rm(outdir, { recursive: true });
  const resources = (template.toJSON() as { Resources: Record<string, Resource> }).Resources;
  const ofType = (type: string): [string, Resource][] =>
    Object.entries(resources).filter(([, resource]) => resource.Type === type);
  /** The one resource of a type whose logical id begins so. */
  const one = (type: string, prefix = ''): Resource & { id: string } => {
    const found = ofType(type).filter(([id]) => id.startsWith(prefix));
    if (found.length !== 1) throw new Error(`${found.length} resources of ${type} begin with "${prefix}"`);
    const [id, resource] = found[0]!;
    return { id, ...resource };
  };
  /** The statements of the role of a function. */
  const statementsOf = (stage: string): Statement[] => {
    const { Policies } = one('AWS::IAM::Role', stage).Properties as {
      Policies: { PolicyDocument: { Statement: Statement[] } }[];
    };
    return Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
  };
  return { template, resources, ofType, one, statementsOf };
};

export const list = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);

/** A resource of a statement as text: `<LogicalId.Arn>/events/*`. */
export const flat = (value: unknown): string => {
  if (typeof value === 'string') return value;
  const [[name, inner]] = Object.entries(value as object) as [[string, unknown]];
  if (name === 'Ref') return `<${String(inner)}>`;
  if (name === 'Fn::GetAtt') return `<${(inner as string[]).join('.')}>`;
  if (name === 'Fn::Join') return (inner as [string, unknown[]])[1].map(flat).join((inner as [string])[0]);
  throw new Error(`Expected a reference, got ${name}`);
};

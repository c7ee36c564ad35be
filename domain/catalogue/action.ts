/**
 * How an action is catalogued: what it means, when it is emitted, who owns it, and what its payload holds,
 * version by version. One file per action declares it; everything said of the action elsewhere is made from
 * that.
 */
import type { OcsfMapping } from './ocsf-classes.ts';

export type JsonType = 'string' | 'number' | 'integer' | 'boolean' | 'object' | 'array' | 'null';

/** What is declared of a member, at any depth, in the words of JSON Schema 2020-12. */
export type MemberSchema = {
  type: JsonType | readonly JsonType[];
  description?: string | undefined;
  /** An annotation: values are not checked against it. */
  format?: string | undefined;
  enum?: readonly (string | number | boolean | null)[] | undefined;
  minimum?: number | undefined;
  maximum?: number | undefined;
  minLength?: number | undefined;
  maxLength?: number | undefined;
  pattern?: string | undefined;
  items?: MemberSchema | undefined;
  properties?: Readonly<Record<string, MemberSchema>> | undefined;
  required?: readonly string[] | undefined;
};

/** The schema of a payload: always an object, and open to members that are not declared. */
export type PayloadSchema = MemberSchema & {
  type: 'object';
  properties: Readonly<Record<string, MemberSchema>>;
};

/** A payload as `JSON.parse` returns it. */
export type Payload = Record<string, unknown>;

export type ActionVersion = {
  /** The day from which on events of this version are sent, as `YYYY-MM-DD`. */
  since: string;
  schema: PayloadSchema;
  /** A payload of this version, for the docs and the tests. It holds no secret. */
  example: Payload;
  /**
   * Turns a payload of the version before into one of this version: pure, and returns a new object. Only
   * readers see the result; what was stored stays.
   */
  upcast?: (payload: Readonly<Payload>) => Payload;
};

/** The declaration of an action, exported as `action` by the file of its name. */
export type ActionDefinition = {
  /** As in events: lowercase words separated by dots, the entity first. */
  action: string;
  description: string;
  /** At which moment, and whether a failed attempt is recorded too. */
  emittedWhen: string;
  /** `target.type` of its events. */
  targetType: string;
  /** Whether its events need a scope, without which no customer sees them; true unless this says false. */
  scopeRequired?: boolean;
  /** The team that answers for it. */
  owner: string;
  /** What it is delivered as in OCSF; a Base Event if this is absent. */
  ocsf?: OcsfMapping;
  /** By number, from 1 on without holes. */
  versions: Readonly<Record<number, ActionVersion>>;
  /** Why nobody should emit it, and what is emitted instead. */
  deprecated?: string;
};

export const versionNumbers = ({ versions }: ActionDefinition): number[] =>
  Object.keys(versions)
    .map(Number)
    .sort((a, b) => a - b);

export const currentVersion = (definition: ActionDefinition): number => versionNumbers(definition).at(-1)!;

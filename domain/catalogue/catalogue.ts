/**
 * The catalogue: every known action, and what it says about an event. It is open: an unknown action is
 * reported and not refused, unless the installation is strict.
 */

import { reservedPrefix } from '#domain/event/event.ts';
import { type Refusal, refuse } from '#domain/event/refusal.ts';
import { noWarnings, type Warning, warningCodes } from '#domain/event/warning.ts';
import type { JsonMembers } from '#domain/json/token.ts';
import { nearMiss } from '#domain/near-miss.ts';
import { type ActionDefinition, currentVersion, type Payload } from './action.ts';
import { compilePayloadFastCheck, type PayloadFastCheck } from './payload-fast-check.ts';
import { compilePayloadSchema, type PayloadCheck } from './payload-schema.ts';

/** What is said about an accepted event: whether its action and version are catalogued, and its warnings. */
export type Judgement = { isCatalogued: boolean; warnings: readonly Warning[] };

/**
 * What an installation refuses. If it is strict: an unknown action, an unknown version and a missing scope.
 * Payloads that contradict their schema only if it is strict about these, for tests and CI.
 */
export type Strictness = { isStrict: boolean; isPayloadStrict: boolean };

/** The schema of a version, as a fast check and as the full check. */
type Compiled = { isFine: PayloadFastCheck; check: PayloadCheck };
type Known = { definition: ActionDefinition; compiled: Map<number, Compiled> };

/** What is checked in an event. With the members of the payload, most payloads need not be read again. */
export type JudgedEvent = {
  action: string;
  version: number;
  payload: string;
  payloadMembers?: JsonMembers | undefined;
  isPayloadTruncated?: boolean;
  scopeId?: string | undefined;
};

export class Catalogue {
  /** In the order of their names. */
  readonly actions: readonly ActionDefinition[];
  readonly #known: ReadonlyMap<string, Known>;

  /**
   * Trusts the definitions: `faultsOf` finds what is wrong with them. Schemas are compiled at their first
   * use.
   */
  constructor(definitions: readonly ActionDefinition[]) {
    this.actions = [...definitions].sort((a, b) => (a.action < b.action ? -1 : 1));
    this.#known = new Map(
      this.actions.map(definition => [definition.action, { definition, compiled: new Map() }]),
    );
  }

  find(action: string): ActionDefinition | undefined {
    return this.#known.get(action)?.definition;
  }

  /**
   * What is to be said about an event. A payload that contradicts its schema gets a warning, in strict mode
   * too: a refusal by value would let a long user agent keep its event out. `mayHint` says whether a refusal
   * may name the action that was probably meant, which takes longer the more actions there are.
   */
  judge(event: JudgedEvent, strictness: Strictness, mayHint = (): boolean => true): Judgement | Refusal {
    const { action, version } = event;
    const known = this.#known.get(action);
    const compiled = known && compiledOf(known, version);
    if (!compiled && strictness.isStrict)
      return known ? unknownVersion(known) : this.#unknownAction(action, mayHint);
    const isScopeless = event.scopeId === undefined && known?.definition.scopeRequired !== false;
    if (isScopeless && strictness.isStrict) return scopeless(action);
    const contradiction = compiled && contradictionOf(event, compiled);
    if (contradiction && strictness.isPayloadStrict)
      return refuse('invalid_payload', contradiction.path, contradiction.message);
    return {
      isCatalogued: compiled !== undefined,
      warnings:
        contradiction || isScopeless
          ? [
              ...(contradiction ? [{ code: 'payload_mismatch' as const, ...contradiction }] : []),
              ...(isScopeless ? [noScope] : []),
            ]
          : noWarnings,
    };
  }

  #unknownAction(action: string, mayHint: () => boolean): Refusal {
    const names = this.actions
      .map(definition => definition.action)
      .filter(name => !name.startsWith(reservedPrefix));
    const meant = mayHint() ? nearMiss(action, names) : undefined;
    const hint = meant ? `did you mean "${meant}"?` : 'GET /v1/actions lists them';
    return refuse('unknown_action', '/action', `This installation takes catalogued actions only; ${hint}`);
  }

  /**
   * The payload as the newest version has it, as far as upcasters are declared from its own version on;
   * undefined if there is nothing newer. What is stored stays as it is.
   */
  currentForm(
    action: string,
    version: number,
    payload: Payload,
  ): { version: number; payload: Payload } | undefined {
    const definition = this.find(action);
    if (!definition?.versions[version]) return undefined;
    let form = { version, payload };
    for (;;) {
      const upcast = definition.versions[form.version + 1]?.upcast;
      if (!upcast) return form.version === version ? undefined : form;
      form = { version: form.version + 1, payload: upcast(form.payload) };
    }
  }
}

const unknownVersion = ({ definition }: Known): Refusal =>
  refuse(
    'unknown_version',
    '/version',
    `This installation takes catalogued versions only; the newest of ${definition.action} is ` +
      `${currentVersion(definition)}`,
  );

const scopeless = (action: string): Refusal =>
  refuse('missing_member', '/scope', `"scope" is required of ${action}: no customer sees an event without`);

const noScope: Warning = { code: 'no_scope', path: '/scope', message: warningCodes.no_scope };

/** Where a payload contradicts its schema, and what was expected; a truncated payload is not checked. */
const contradictionOf = (
  { action, version, payload, payloadMembers, isPayloadTruncated = false }: JudgedEvent,
  { isFine, check }: Compiled,
): { path: string; message: string } | undefined => {
  if (isPayloadTruncated || (payloadMembers && isFine(payloadMembers))) return undefined;
  const contradiction = check(payload);
  return (
    contradiction && {
      path: `/payload${contradiction.path}`,
      message: `Expected ${contradiction.expected}, by the schema of ${action}, version ${version}`,
    }
  );
};

const compiledOf = ({ definition, compiled }: Known, version: number): Compiled | undefined => {
  const before = compiled.get(version);
  const declared = before ? undefined : definition.versions[version];
  if (!declared) return before;
  const { schema } = declared;
  const made = { isFine: compilePayloadFastCheck(schema), check: compilePayloadSchema(schema) };
  compiled.set(version, made);
  return made;
};

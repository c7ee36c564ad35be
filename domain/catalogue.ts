/**
 * The catalogue: every action that is known, and what it says of an event. It is open: an action that it does not have is
 * news and no fault, unless the installation is strict.
 */
import leven from 'leven';
import { type ActionDefinition, currentVersion, type Payload } from './action.ts';
import type { AuditEvent } from './event.ts';
import { compileGlance, type Glance, type Members } from './payload-glance.ts';
import { compilePayloadSchema, type PayloadCheck } from './payload-schema.ts';
import { type Refusal, refuse } from './refusal.ts';

/** What is said of an event: that its action and version are catalogued, that they are not, or why it is refused. */
export type Judgement = 'catalogued' | 'uncatalogued' | Refusal;

/** The schema of a version, as a first look and as the whole check. */
type Compiled = { glance: Glance; check: PayloadCheck };
type Known = { definition: ActionDefinition; compiled: Map<number, Compiled> };

/** What is looked at in an event. */
export type JudgedEvent = Pick<AuditEvent, 'action' | 'version' | 'payload'>;

export class Catalogue {
  /** In the order of their names. */
  readonly actions: readonly ActionDefinition[];
  readonly #known: ReadonlyMap<string, Known>;

  /** Trusts the definitions: `faultsOf` finds what is wrong with them. Schemas are compiled when first asked for. */
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
   * Holds an event against its action's schema of its version; where `isStrict`, what is not catalogued is refused.
   * `members` are those of the payload; where they are known, most payloads need not be read as JSON.
   */
  judge({ action, version, payload }: JudgedEvent, isStrict: boolean, members?: Members): Judgement {
    const known = this.#known.get(action);
    if (!known)
      return isStrict
        ? refuse(
            'unknown_action',
            '/action',
            `This installation takes catalogued actions only${this.#hint(action)}`,
          )
        : 'uncatalogued';
    const compiled = compiledOf(known, version);
    if (!compiled)
      return isStrict
        ? refuse(
            'unknown_version',
            '/version',
            `This installation takes catalogued versions only; the newest of ${action} is ${currentVersion(known.definition)}`,
          )
        : 'uncatalogued';
    if (members && compiled.glance(members)) return 'catalogued';
    const contradiction = compiled.check(JSON.parse(payload));
    return contradiction === undefined
      ? 'catalogued'
      : refuse(
          'invalid_payload',
          `/payload${contradiction.path}`,
          `Expected ${contradiction.expected}, by the schema of ${action}, version ${version}`,
        );
  }

  #hint(action: string): string {
    const [nearest] = this.actions
      .filter(definition => !definition.action.startsWith('audit_log.'))
      .map(definition => ({ name: definition.action, distance: leven(definition.action, action) }))
      .sort((a, b) => a.distance - b.distance);
    return nearest && nearest.distance <= Math.ceil(nearest.name.length / 4)
      ? `; did you mean "${nearest.name}"?`
      : '; GET /v1/actions lists them';
  }

  /**
   * The payload as the newest version has it, as far as upcasters are declared from its own version on; undefined where
   * there is nothing newer. What was stored is left as it is.
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

const compiledOf = ({ definition, compiled }: Known, version: number): Compiled | undefined => {
  const before = compiled.get(version);
  const declared = before ? undefined : definition.versions[version];
  if (!declared) return before;
  const { schema } = declared;
  const made = { glance: compileGlance(schema), check: compilePayloadSchema(schema) };
  compiled.set(version, made);
  return made;
};

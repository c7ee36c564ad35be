/** The options that say which events of a log are wanted, the same for `annals events` and `annals export`. */
import type { Command } from 'commander';
import type { FilterField } from '#domain/filter/filter.ts';
import { isPathField } from '#domain/filter/path.ts';
import { parseTerms, printTerm } from '#domain/filter/term.ts';
import { faultOfTerms } from '#domain/filter/terms-shape.ts';
import type { Api } from '#domain/http/shapes/shapes.ts';
import { Failure } from './failure.ts';

export type FilterOptions = {
  action?: string;
  actor?: string;
  target?: string;
  success?: string;
  request?: string;
  trace?: string;
  address?: string;
  id?: string;
  payload?: string;
  metadata?: string;
  text?: string;
};

const terms = 'several with commas, "-" in front excludes, "*" at the end is any rest';

export const addFilterOptions = (command: Command): Command =>
  command
    .option('--action <actions>', `the action: ${terms}`)
    .option('--actor <ids>', 'the id of the actor, in the same way, as all below')
    .option('--target <ids>', 'the id of the target')
    .option('--success <boolean>', 'true or false')
    .option('--request <ids>', 'the id of the request')
    .option('--trace <ids>', 'the trace id of the client')
    .option('--address <addresses>', 'the address of the request')
    .option('--id <ids>', 'the id of the event')
    .option('--payload <paths>', 'what is at a path of the payload, as "branch:main"')
    .option('--metadata <names>', 'what the metadata have, as "region:eu"')
    .option('--text <text>', 'text in any field, in any case');

const optionOf = {
  action: 'action',
  actor: 'actor',
  target: 'target',
  success: 'success',
  request_id: 'request',
  client_trace_id: 'trace',
  address: 'address',
  id: 'id',
  payload: 'payload',
  metadata: 'metadata',
} as const satisfies Record<FilterField, keyof FilterOptions>;
const fields = Object.keys(optionOf) as FilterField[];

/** As the members of a search, each a list of terms as text. */
export const searchFilterOf = (
  options: FilterOptions,
): Partial<Record<FilterField | 'q', string | undefined>> => ({
  ...Object.fromEntries(fields.map(field => [field, options[optionOf[field]]])),
  q: options.text,
});

type ExportFilter = NonNullable<Api<'Export'>['filter']>;

/** As the filter of an export; undefined for the whole log. Throws a `Failure` if a list cannot be read. */
export const exportFilterOf = (options: FilterOptions): ExportFilter | undefined => {
  const given = fields.flatMap(field => {
    const text = options[optionOf[field]];
    return text === undefined ? [] : [[field, readOption(field, text)] as const];
  });
  if (given.length === 0 && options.text === undefined) return undefined;
  return {
    ...Object.fromEntries(given),
    ...(options.text === undefined ? {} : { q: options.text }),
  };
};

/** One value as it is, so that earlier servers understand it too; anything else as terms. */
const readOption = (field: FilterField, text: string): string | boolean | string[] => {
  const flag = `--${optionOf[field]}`;
  const terms = parseTerms(text, isPathField(field));
  if ('fault' in terms)
    throw new Failure(2, `${flag}: ${terms.fault}, at character ${terms.at + 1} of "${text}"`);
  const [first] = terms;
  const isPlain = terms.length === 1 && first!.kind === 'value' && !first!.isNegated;
  if (field === 'success') {
    const fault = faultOfTerms(field, terms);
    if (fault !== undefined) throw new Failure(2, `${flag}: ${fault}, got "${text}"`);
    if (isPlain) return first!.value === 'true';
  } else if (isPlain && !first!.path) return first!.value;
  return terms.map(printTerm);
};

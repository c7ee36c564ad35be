/**
 * The values that a field has: of actions all that are catalogued, and of each field those that occur in the
 * range.
 */
import { useEffect, useMemo, useState } from 'react';
import type { Api } from '#domain/http/shapes/shapes.ts';
import { ApiProblem } from '../api.ts';
import { usePage } from '../page-context.tsx';
import type { QueryField } from '../query-fields.ts';
import { questionOf } from '../question.ts';
import { suggestWords } from '../words/suggest-words.ts';
import { say } from '../words.ts';
import { useCatalogue } from './use-catalogue.tsx';

type Known = { value: string; description: string | undefined };

const valueFields = /^(action|actor|target|success|request_id|client_trace_id|address)$/;
const outcomes: Known[] = [
  { value: 'true', description: suggestWords.succeeded },
  { value: 'false', description: suggestWords.failed },
];

export const useKnownValues = (field: QueryField | undefined): readonly Known[] => {
  const { api, view, scopeId } = usePage();
  const catalogue = useCatalogue(api);
  const [found, setFound] = useState<{ field: QueryField; values: Known[] }>();
  useEffect(() => {
    if (field === undefined || !valueFields.test(field) || field === 'success') return;
    const controller = new AbortController();
    const { from, to } = questionOf(view, scopeId, Date.now());
    const body = { scope_id: scopeId, field, ...(from ? { from } : {}), ...(to ? { to } : {}) };
    api.ask<'Values'>('POST', 'v1/events/values', { body, signal: controller.signal }).then(
      ({ values }: Api<'Values'>) => {
        const known = values.map(({ value, events }) => ({
          value,
          description: say(suggestWords.events, { n: events }),
        }));
        setFound({ field, values: known });
      },
      (error: unknown) => {
        // Without suggestions, the query can still be written.
        if (!controller.signal.aborted && !(error instanceof ApiProblem)) throw error;
      },
    );
    return () => controller.abort();
  }, [field]);
  return useMemo(() => {
    if (field === 'success') return outcomes;
    const occurring = field !== undefined && found?.field === field ? found.values : [];
    if (field !== 'action') return occurring;
    const catalogued = [...(catalogue ?? [])].map(([value, { description }]) => ({ value, description }));
    const names = new Set(catalogued.map(({ value }) => value));
    return [...catalogued, ...occurring.filter(({ value }) => !names.has(value))];
  }, [field, found, catalogue]);
};

/** What may be written at the caret of a query; it loads when somebody begins to write. */
import { useEffect } from 'react';
import { isPathField } from '#domain/filter/path.ts';
import { partsOf } from '../query-fields.ts';
import { suggestWords } from '../words/suggest-words.ts';
import { say } from '../words.ts';
import { complete, placeAt, suggestFields, suggestValues } from './suggest.ts';
import { useKnownPaths } from './use-known-paths.tsx';
import { useKnownValues } from './use-known-values.tsx';

/** What is shown of a suggestion, and what the query is with it. */
export type Found = {
  text: string;
  description: string | undefined;
  completed: { text: string; caret: number };
};

type SuggesterProps = { text: string; caret: number; onFound: (found: readonly Found[]) => void };

const counted = (events: number): string => say(suggestWords.events, { n: events });

export const Suggester = ({ text, caret, onFound }: SuggesterProps) => {
  const place = placeAt(text, caret);
  const field = place?.kind === 'value' ? place.field : undefined;
  const isPath = field === undefined ? place?.written.includes('.') === true : isPathField(partsOf(field)[0]);
  const paths = useKnownPaths(isPath);
  const values = useKnownValues(isPath ? undefined : field);
  useEffect(() => {
    if (!place) return onFound([]);
    const suggestions =
      place.kind === 'field'
        ? suggestFields(
            place.written,
            [...paths.keys()].map(path => ({ text: `${path}:`, description: undefined })),
          )
        : suggestValues(
            place,
            isPath
              ? [...(paths.get(place.field) ?? [])].map(([value, events]) => ({
                  value,
                  description: counted(events),
                }))
              : values,
          );
    onFound(
      suggestions.map(suggestion => ({ ...suggestion, completed: complete(text, place, suggestion.text) })),
    );
  }, [text, caret, paths, values]);
  return null;
};

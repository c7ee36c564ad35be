/** The actions of the catalogue, which are read once; empty until then. */
import { useEffect, useState } from 'react';
import type { Api } from '#domain/http/shapes/shapes.ts';
import { ApiProblem, type PageApi } from '../api.ts';

export type Actions = ReadonlyMap<string, Api<'Actions'>['actions'][number]>;

const read = new WeakMap<PageApi, Promise<Actions>>();

const readOnce = (api: PageApi): Promise<Actions> => {
  const known = read.get(api);
  if (known) return known;
  const asked = api
    .ask<'Actions'>('GET', 'v1/actions')
    .then(({ actions }) => new Map(actions.map(action => [action.action, action])));
  read.set(api, asked);
  asked.catch(() => read.delete(api));
  return asked;
};

/** Undefined until it is read. */
export const useCatalogue = (api: PageApi): Actions | undefined => {
  const [actions, setActions] = useState<Actions>();
  useEffect(() => {
    let isGone = false;
    readOnce(api).then(
      found => isGone || setActions(found),
      (error: unknown) => {
        // The log is of use without it.
        if (!(error instanceof ApiProblem)) throw error;
      },
    );
    return () => {
      isGone = true;
    };
  }, [api]);
  return actions;
};

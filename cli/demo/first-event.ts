/** The event that `annals start` prints, for somebody to send as their first. */
import type { Catalogue } from '#domain/catalogue/catalogue.ts';
import { reservedPrefix } from '#domain/event/event.ts';

/** One that the installation takes even if it is strict: of an action that it knows, if it knows any. */
export const firstEvent = (catalogue: Catalogue) => {
  const contexts = { action: 'context.create', target: { id: 'c-1', type: 'context', name: 'deploy' } };
  const own = catalogue.actions.find(
    ({ action, deprecated }) => !action.startsWith(reservedPrefix) && deprecated === undefined,
  );
  const { action, target, payload } =
    own === undefined || catalogue.find(contexts.action)
      ? { ...contexts, payload: undefined }
      : {
          action: own.action,
          target: { id: '1', type: own.targetType },
          payload: own.versions[1]!.example,
        };
  return {
    action,
    actor: { id: 'u-17', type: 'user', name: 'User 17' },
    target,
    scope: { id: 'acme', type: 'account' },
    payload,
    success: true,
  };
};

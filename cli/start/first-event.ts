/** The event that `annals start` prints as an example to send. */
import type { Catalogue } from '#domain/catalogue/catalogue.ts';
import { reservedPrefix } from '#domain/event/event.ts';

/** An event that even a strict installation accepts: with an action of its catalogue, if that has any. */
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

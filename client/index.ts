/**
 * The package that services install, `annals/client`: what is exported here, and nothing else, is its
 * contract.
 */
export {
  type AdapterOptions,
  expressRequestContext,
  fastifyRequestContext,
  honoRequestContext,
  withRequestContext,
  withWebSocketContext,
} from './adapters.ts';
export type { EventWarning, Refusal } from './answer.ts';
export { AuditLog } from './audit-log.ts';
export {
  type Authorize,
  bearer,
  type Credentials,
  environmentCredentials,
  type SigV4Options,
  sigV4,
} from './authorization.ts';
export type {
  AnyEvent,
  CataloguedEvents,
  EventCatalogue,
  EventOf,
  NamedEvent,
  OpenEvents,
  Party,
  RequestOfEvent,
} from './events.ts';
export {
  type AuditLogOptions,
  NotStored,
  type Recorded,
  type RefusedEvent,
  type Unavailable,
  type WarnedEvent,
} from './options.ts';
export { bindToRequest, currentRequest, runInRequest } from './request-context.ts';

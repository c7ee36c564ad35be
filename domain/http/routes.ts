/** The surface: every route, the function behind it, and who may come in. Both gateways are made from this. */

/**
 * Who may come in: emitters; those who read logs, of whom the handler decides further; the operator; anyone. On AWS the
 * emitters' door is a Function URL, staff have an API of their own under IAM, and customers one under their tokens.
 */
export type Access = 'emitter' | 'readers' | 'operator' | 'anyone';

export type RouteDeclaration = {
  /** As API Gateway writes it. */
  key: `${'GET' | 'POST' | 'PUT' | 'DELETE'} /${string}`;
  function: 'receive' | 'export' | 'manage' | 'describe';
  access: Access;
};

export const routes = [
  { key: 'POST /v1/events', function: 'receive', access: 'emitter' },
  { key: 'POST /v1/exports', function: 'export', access: 'readers' },
  { key: 'GET /v1/exports', function: 'export', access: 'readers' },
  { key: 'GET /v1/exports/{id}', function: 'export', access: 'readers' },
  { key: 'GET /v1/exports/{id}/manifest', function: 'export', access: 'readers' },
  { key: 'GET /v1/exports/{id}/download', function: 'export', access: 'readers' },
  { key: 'POST /v1/exports/{id}/retry', function: 'export', access: 'readers' },
  { key: 'GET /v1/scopes/{scope_id}/schedules', function: 'manage', access: 'readers' },
  { key: 'GET /v1/scopes/{scope_id}/schedules/{id}', function: 'manage', access: 'readers' },
  { key: 'PUT /v1/scopes/{scope_id}/schedules/{id}', function: 'manage', access: 'readers' },
  { key: 'DELETE /v1/scopes/{scope_id}/schedules/{id}', function: 'manage', access: 'readers' },
  { key: 'GET /v1/scopes/{scope_id}/schedules/{id}/runs', function: 'manage', access: 'readers' },
  { key: 'POST /v1/scopes/{scope_id}/schedules/{id}/runs', function: 'manage', access: 'readers' },
  { key: 'GET /v1/scopes/{scope_id}/admins', function: 'manage', access: 'operator' },
  { key: 'PUT /v1/scopes/{scope_id}/admins/{user_id}', function: 'manage', access: 'operator' },
  { key: 'DELETE /v1/scopes/{scope_id}/admins/{user_id}', function: 'manage', access: 'operator' },
  { key: 'GET /v1/gaps', function: 'manage', access: 'operator' },
  { key: 'POST /v1/gaps/{id}/redrive', function: 'manage', access: 'operator' },
  { key: 'POST /v1/gaps/{id}/dismiss', function: 'manage', access: 'operator' },
  { key: 'GET /v1/refused', function: 'manage', access: 'operator' },
  { key: 'GET /v1/refused/{key}', function: 'manage', access: 'operator' },
  { key: 'POST /v1/refused/{key}/resend', function: 'manage', access: 'operator' },
  { key: 'POST /v1/refused/{key}/dismiss', function: 'manage', access: 'operator' },
  { key: 'POST /v1/refused/purge', function: 'manage', access: 'operator' },
  { key: 'GET /v1/notices', function: 'manage', access: 'operator' },
  { key: 'POST /v1/notices/{id}/retry', function: 'manage', access: 'operator' },
  { key: 'POST /v1/notices/{id}/dismiss', function: 'manage', access: 'operator' },
  { key: 'GET /v1/actions', function: 'describe', access: 'anyone' },
  { key: 'GET /v1/schemas', function: 'describe', access: 'anyone' },
  { key: 'GET /v1/openapi.json', function: 'describe', access: 'anyone' },
  { key: 'GET /healthz', function: 'describe', access: 'anyone' },
] as const satisfies readonly RouteDeclaration[];

/** The alias by which a service of the company may invoke receive itself, without HTTP. */
export const directAlias = 'direct';

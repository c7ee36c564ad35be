/** What the gateway hands to a handler, and which routes it has. */
import type { Authorizer } from '#domain/access/caller.ts';
import type { KeyRole } from '#embedded/access/keys.ts';
import type { Answer } from '#functions/http/answer.ts';

/** An event of API Gateway or a Function URL (payload format 2.0), as far as the handlers read it. */
export type GatewayEvent = {
  routeKey: string;
  headers: Record<string, string | undefined>;
  pathParameters: Record<string, string>;
  queryStringParameters: Record<string, string>;
  body: string | undefined;
  isBase64Encoded: boolean;
  requestContext: {
    requestId: string;
    /** HEAD, if that is requested of a route of GET. */
    http: { sourceIp: string; method: string };
    authorizer: Authorizer;
  };
};

/**
 * A route, and who may call it; if any role may, the handler decides further. A route of visitors is for
 * requests of the page's own, signed in or not.
 */
export type GatewayRoute = {
  /** As API Gateway writes it: `GET /v1/exports/{id}`. */
  key: string;
  access: 'anyone' | 'any role' | 'visitor' | KeyRole;
  /** The function that serves it, by its stage. */
  function?: string;
  handle(event: GatewayEvent): Promise<Answer>;
};

/**
 * Who calls, and whether they may call a route: what API Gateway's authorizers would say of a bearer token,
 * or of a session of the Audit Log page. Decides before the body is read, so that no unknown caller can
 * send one.
 */
import { type Authorizer, senderOf } from '#domain/access/caller.ts';
import type { KeyRing } from '#embedded/access/key-ring.ts';
import type { PageToken } from '#embedded/access/page-tokens.ts';
import type { RateLimits } from '#embedded/access/rate-limits.ts';
import type { Sessions } from '#embedded/access/sessions.ts';
import { authorizerOf } from '#embedded/access/visitor-authorizer.ts';
import { roleArn } from '#embedded/account.ts';
import { type Answer, problem } from '#functions/http/answer.ts';
import type { GatewayRoute } from './gateway-route.ts';
import { embedderHeader, refuseForeign } from './page-request.ts';
import type { Site } from './site.ts';

type Headers = Readonly<Record<string, string | string[] | undefined>>;
type Admitted = { authorizer: Authorizer };

export type AdmissionOptions = {
  keys: Pick<KeyRing, 'find'>;
  /** Of keys that send events; absent: no key has a limit. */
  rateLimits?: Pick<RateLimits, 'admit'> | undefined;
  /** The claims of a customer's token; undefined if it is not valid. */
  claimsOf(token: string): Promise<Record<string, unknown> | undefined>;
  /** What a token for the page in a frame says; undefined if it is not a valid one. */
  pageTokenOf?: ((token: string) => Promise<PageToken | undefined>) | undefined;
  site: Site;
  sessions: Pick<Sessions, 'use'> | undefined;
};

export class Admission {
  readonly #options: AdmissionOptions;
  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  async admit(route: GatewayRoute, headers: Headers): Promise<Admitted | Answer> {
    const { access } = route;
    if (access === 'anyone') return { authorizer: null };
    if (access === 'visitor') return refuseForeign(this.#options.site, headers) ?? { authorizer: null };
    // Any other scheme is for a proxy in front.
    const token = /^Bearer (\S+)$/i.exec(String(headers.authorization ?? ''))?.[1];
    return token === undefined ? this.#admitSession(route, headers) : this.#admitToken(route, token, headers);
  }

  async #admitToken(route: GatewayRoute, token: string, headers: Headers): Promise<Admitted | Answer> {
    const { access } = route;
    const opened = await this.#options.keys.find(token);
    if (opened) {
      const { role, key, rateLimit } = opened;
      if (access !== 'any role' && access !== role) return wrongRole(access);
      const authorizer = { iam: { userArn: roleArn(role), ...(key ? { key } : {}) } };
      const wait =
        access === 'emitter' ? this.#options.rateLimits?.admit(senderOf(authorizer), rateLimit) : undefined;
      return wait ? rateLimited(wait.retryAfterSeconds) : { authorizer };
    }
    const claims = await this.#options.claimsOf(token);
    if (!claims) return this.#admitPageToken(route, token, headers);
    return access === 'any role' ? { authorizer: { jwt: { claims } } } : wrongRole(access);
  }

  /** A token for the page in a frame: only the page uses it, in a frame of its origin, to look into the log. */
  async #admitPageToken(route: GatewayRoute, token: string, headers: Headers): Promise<Admitted | Answer> {
    const found = await this.#options.pageTokenOf?.(token);
    if (!found) return unauthorized();
    const refusal = refuseForeign(this.#options.site, headers);
    if (refusal) return refusal;
    if (headers[embedderHeader] !== found.origin)
      return problem(
        'foreign_origin',
        `The token is for a frame of another origin than ${embedderHeader} says`,
      );
    return route.function === 'browse'
      ? { authorizer: { jwt: { claims: found.claims } } }
      : problem('forbidden', 'A token for the page in a frame looks into the log, and does nothing else');
  }

  #admitSession({ access }: GatewayRoute, headers: Headers): Admitted | Answer {
    const { site, sessions } = this.#options;
    const id = site.readCookie(headers);
    // Nobody who is signed in sends events.
    if (id === undefined || !sessions || access === 'emitter') return unauthorized();
    const refusal = refuseForeign(site, headers);
    if (refusal) return refusal;
    const session = sessions.use(id);
    if (!session) return unauthorized();
    const { role } = session.visitor;
    return access === 'any role' || access === role
      ? { authorizer: authorizerOf(session.visitor) }
      : wrongRole(access);
  }
}

const wrongRole = (access: string): Answer => problem('forbidden', `This route is for the role "${access}"`);

const rateLimited = (seconds: number): Answer =>
  problem(
    'rate_limited',
    `The key has reached its limit of events per second; send the request again in ${seconds} s`,
    {},
    { 'retry-after': String(seconds) },
  );

const unauthorized = (): Answer =>
  problem(
    'unauthorized',
    'Expected a known token, as "Authorization: Bearer …"',
    {},
    { 'www-authenticate': 'Bearer' },
  );

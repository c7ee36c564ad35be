/** The shapes of signing in to the Audit Log page of an embedded installation. */
import * as z from 'zod';
import { nameMember, reasonMember } from '#domain/request-shape.ts';
import { instant, orNull } from './basic-shapes.ts';

/** The longest life of a token for a page in a frame, in seconds. */
export const maxPageTokenSeconds = 600;

const login = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,128}$/, 'Expected the part of the login link after "#login="')
  .meta({ description: 'The part of a login link after "#login=".' });

const session = z.strictObject({
  role: z.enum(['admin', 'support', 'operator']),
  scope_id: orNull(z.string()).meta({ description: 'The scope whose log is open.' }),
  user_id: z.string(),
  reason: orNull(z.string()).meta({ description: 'Why support or the operator opened this scope.' }),
  expires_at: instant.meta({ description: 'The session ends then, however much it is used.' }),
  idle_expires_at: instant.meta({ description: 'The session ends then if nothing is asked until then.' }),
});

const seconds = `Expected a whole number of seconds from 1 to ${maxPageTokenSeconds}`;

export const pageShapes = {
  Login: z.strictObject({ login }),
  Session: session,
  SignIn: z.strictObject({
    login,
    scope_id: nameMember.optional().meta({ description: 'Whose log to open; for support and the operator.' }),
    reason: reasonMember.optional().meta({ description: 'The reason or the ticket; for the same.' }),
  }),
  LoginLink: z.strictObject({
    role: session.shape.role,
    scope_id: session.shape.scope_id,
    user_id: session.shape.user_id,
    expires_at: instant,
    current: orNull(session).meta({ description: 'The session that this request was sent with.' }),
  }),
  ScopeOpening: z.strictObject({ scope_id: nameMember, reason: reasonMember }),
  PageTokenRequest: z.strictObject({
    scope_id: nameMember,
    user_id: nameMember,
    origin: z
      .string('Expected an origin as https://app.example.com')
      .max(300, 'Expected an origin as https://app.example.com')
      .meta({ description: 'The origin of the page that holds the frame.' }),
    seconds: z.number(seconds).int(seconds).min(1, seconds).max(maxPageTokenSeconds, seconds).optional(),
  }),
  PageToken: z.strictObject({ token: z.string(), expires_at: instant }),
} as const;

/**
 * The routes by which people sign in to the Audit Log page of an embedded installation, and by which a server
 * mints tokens for the page in a frame. AWS does not have them: there the page signs in at the company's
 * issuer.
 */
import type { ProblemCode } from '../problem.ts';
import { json, type Routes } from './route.ts';

const login: readonly ProblemCode[] = [
  'invalid_request',
  'invalid_login',
  'too_many_attempts',
  'insecure_sign_in',
];
const newCookie = { 'Set-Cookie': 'The session.' };

export const pageRoutes = {
  'GET /v1/session': {
    id: 'showSession',
    access: 'visitor',
    summary: 'Show the session that this request was sent with. That alone does not keep it from ending.',
    answers: { 200: { description: 'The session.', content: json('Session') } },
    problems: [],
  },
  'POST /v1/session': {
    id: 'signIn',
    access: 'visitor',
    summary: 'Sign in by a login link, which works once. A session sent along ends.',
    body: { isRequired: true, content: json('SignIn') },
    answers: { 201: { description: 'A new session.', content: json('Session'), headers: newCookie } },
    problems: [...login, 'scope_required', 'reason_required', 'not_recorded'],
  },
  'DELETE /v1/session': {
    id: 'signOut',
    access: 'visitor',
    summary: 'Sign out: the session ends on the server.',
    answers: { 204: { description: 'There is no session any longer.', content: null } },
    problems: [],
  },
  'POST /v1/session/link': {
    id: 'lookAtLink',
    access: 'visitor',
    summary: 'Look at a login link without using it.',
    body: { isRequired: true, content: json('Login') },
    answers: { 200: { description: 'Whom it signs in.', content: json('LoginLink') } },
    problems: login,
  },
  'POST /v1/session/scope': {
    id: 'openScope',
    access: 'visitor',
    summary: 'Open the log of another scope; for support and the operator. It is recorded in that log first.',
    body: { isRequired: true, content: json('ScopeOpening') },
    answers: { 200: { description: 'The session, with that scope.', content: json('Session') } },
    problems: ['invalid_request', 'not_recorded'],
  },
  'POST /v1/page-tokens': {
    id: 'mintPageToken',
    access: 'page',
    summary: 'Mint a token with which the page, in a frame, shows the log of a scope to one of its admins.',
    body: { isRequired: true, content: json('PageTokenRequest') },
    answers: { 201: { description: 'The token.', content: json('PageToken') } },
    problems: ['invalid_request', 'not_an_admin'],
  },
} satisfies Routes;

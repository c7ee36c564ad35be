/** Events as AWS hands them to functions, in the shapes that its guides show. */

const account = '123456789012';
const sts = (role: string) => `arn:aws:sts::${account}:assumed-role/${role}/session-1`;
export const roleArn = (role: string): string => `arn:aws:iam::${account}:role/${role}`;

const iam = (role: string) => ({
  iam: {
    accessKey: 'ASIAEXAMPLE',
    accountId: account,
    callerId: 'AROAEXAMPLE:session-1',
    cognitoIdentity: null,
    principalOrgId: 'o-example',
    userArn: sts(role),
    userId: 'AROAEXAMPLE:session-1',
  },
});

const request = (routeKey: string, method: string, path: string, authorizer: object | null) => ({
  accountId: account,
  apiId: 'api-1',
  ...(authorizer ? { authorizer } : {}),
  domainName: 'api-1.execute-api.eu-west-1.amazonaws.com',
  domainPrefix: 'api-1',
  http: { method, path, protocol: 'HTTP/1.1', sourceIp: '192.0.2.7', userAgent: 'agent/1' },
  requestId: 'JKJaXmPLvHcESHA=',
  routeKey,
  stage: '$default',
  time: '23/Nov/2026:12:00:00 +0000',
  timeEpoch: 1_795_435_200_000,
});

/** A Function URL's event (payload format 2.0); a body in bytes comes in base64. */
export const functionUrlEvent = (body: string | Buffer, headers: Record<string, string> = {}) => ({
  version: '2.0',
  routeKey: '$default',
  rawPath: '/v1/events',
  rawQueryString: '',
  headers: {
    'content-type': 'application/json',
    'x-forwarded-for': '192.0.2.7',
    'x-client-trace-id': 'trace-1',
    ...headers,
  },
  requestContext: request('$default', 'POST', '/v1/events', iam('emitter')),
  body: typeof body === 'string' ? body : body.toString('base64'),
  isBase64Encoded: typeof body !== 'string',
});

export type Caller = { role: string } | { claims: Record<string, string> } | null;

/** An HTTP API's event (payload format 2.0), of a role under IAM or of a token. */
export const httpApiEvent = (
  routeKey: string,
  caller: Caller,
  {
    body,
    id,
    parameters,
    query,
    headers = {},
  }: {
    parameters?: Record<string, string>;
    body?: string;
    id?: string;
    query?: Record<string, string>;
    headers?: Record<string, string>;
  } = {},
) => {
  const [method, template] = routeKey.split(' ') as [string, string];
  const path = template.replace('{id}', id ?? '');
  const authorizer =
    caller && ('role' in caller ? iam(caller.role) : { jwt: { claims: caller.claims, scopes: null } });
  return {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString: new URLSearchParams(query).toString(),
    headers: { accept: '*/*', host: 'api-1.execute-api.eu-west-1.amazonaws.com', ...headers },
    ...(query ? { queryStringParameters: query } : {}),
    ...(id === undefined && !parameters
      ? {}
      : { pathParameters: { ...parameters, ...(id === undefined ? {} : { id }) } }),
    requestContext: request(routeKey, method, path, authorizer),
    ...(body === undefined ? {} : { body }),
    isBase64Encoded: false,
  };
};

/** Athena's "Query State Change", as its guide shows it. */
export const queryStateChange = (
  queryExecutionId: string,
  currentState: string,
  workgroupName = 'Annals',
) => ({
  version: '0',
  id: 'abcdef00-1234-5678-9abc-def012345678',
  'detail-type': 'Athena Query State Change',
  source: 'aws.athena',
  account,
  time: '2026-11-23T12:00:00Z',
  region: 'eu-west-1',
  resources: [],
  detail: {
    versionId: '0',
    currentState,
    previousState: 'RUNNING',
    statementType: 'DML',
    queryExecutionId,
    workgroupName,
    sequenceNumber: '3',
  },
});

export const scheduleEvent = () => ({
  version: '0',
  id: '53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa',
  'detail-type': 'Scheduled Event',
  source: 'aws.events',
  account,
  time: '2026-11-23T12:00:00Z',
  region: 'eu-west-1',
  resources: [`arn:aws:events:eu-west-1:${account}:rule/minute`],
  detail: {},
});

import { describe, expect, it } from 'vitest';
import { directDelivery, httpDelivery, isDirect, type ReceiveEvent } from '#functions/http/delivery.ts';

const userArn = 'arn:aws:sts::123456789012:assumed-role/emitter/s';
const event = (queryStringParameters: Record<string, string>, change: Partial<ReceiveEvent> = {}) =>
  httpDelivery({
    headers: { 'content-type': 'application/json', 'x-client-trace-id': 't-1' },
    queryStringParameters,
    body: '{}',
    isBase64Encoded: false,
    requestContext: {
      requestId: 'r-1',
      http: { sourceIp: '192.0.2.7' },
      authorizer: { iam: { userArn, key: { id: 'k-1', name: 'shipper', stampsRequest: false } } },
    },
    ...change,
  });
const detailOf = (answer: object) =>
  (JSON.parse((answer as { body: string }).body) as { detail: string }).detail;

describe('what comes over HTTP', () => {
  it('says who sent it, by which request, and whether that is stamped', () => {
    expect(event({})).toMatchObject({
      body: { bytes: '{}', contentType: 'application/json', contentEncoding: '' },
      requestId: 'r-1',
      http: { id: 'r-1', address: '192.0.2.7', traceId: 't-1' },
      isStamping: false,
      isKeeping: false,
    });
    expect(event({ stamp_request: 'true', refused: 'keep' })).toMatchObject({
      isStamping: true,
      isKeeping: true,
    });
    const base64 = { body: Buffer.from('{}').toString('base64'), isBase64Encoded: true };
    expect(event({}, base64)).toMatchObject({ body: { bytes: Buffer.from('{}') } });
  });

  it('is refused for a query that the route does not have', () => {
    expect(detailOf(event({ keep: 'refused' }))).toContain('known are refused and stamp_request');
    expect(detailOf(event({ refused: 'yes' }))).toContain('refused');
    expect(detailOf(event({ stamp_request: 'no' }))).toContain('stamp_request');
  });
});

describe('a direct invocation', () => {
  it('is known by its alias, and is not an external request', () => {
    const invocation = {
      invokedFunctionArn: 'arn:aws:lambda:eu-west-1:1:function:f:direct',
      awsRequestId: 'i-1',
    };
    expect(isDirect(invocation)).toBe(true);
    expect(isDirect({ invokedFunctionArn: 'arn:aws:lambda:eu-west-1:1:function:direct:live' })).toBe(false);
    expect(directDelivery({ body: '{}', refused: 'keep' }, invocation)).toMatchObject({
      from: invocation.invokedFunctionArn,
      requestId: 'i-1',
      http: undefined,
      isStamping: false,
      isKeeping: true,
    });
  });
});

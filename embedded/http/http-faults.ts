/**
 * Answers to what is not HTTP, or not HTTP that the server accepts: Node would give these itself, without a
 * body.
 */
import type { IncomingMessage } from 'node:http';
import { maxUrlBytes } from '#domain/http/request-target.ts';
import { type Answer, problem } from '#functions/http/answer.ts';

export const maxHeaderBytes = 32 * 1024;

/** What Node's parser accepts, and the server does not. */
export const faultOf = (request: IncomingMessage): Answer | undefined => {
  const { httpVersion, headers, rawHeaders, url = '' } = request;
  if (httpVersion !== '1.1' && httpVersion !== '1.0')
    return problem('unsupported_http_version', 'The server speaks HTTP/1.1');
  const hosts = rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host').length;
  if (hosts > 1 || (hosts === 0 && httpVersion === '1.1'))
    return problem('bad_request', `Expected one Host header, got ${hosts}`);
  const codings = headers['transfer-encoding']?.toLowerCase().split(',') ?? [];
  if (codings.length > 0 && (httpVersion === '1.0' || codings.at(-1)!.trim() !== 'chunked'))
    return badCoding();
  if (codings.length > 1)
    return problem('unsupported_transfer_encoding', 'Transfer-Encoding must be chunked or absent');
  const { expect } = headers;
  if (httpVersion === '1.1' && expect !== undefined && expect.trim().toLowerCase() !== '100-continue')
    return problem('expectation_failed', 'Expect must be 100-continue or absent');
  return url.length > maxUrlBytes ? urlTooLong() : undefined;
};

/** The end of the body is unknown. */
const badCoding = (): Answer =>
  problem('bad_request', 'The last Transfer-Encoding of a request must be chunked, and that of HTTP/1.1');

const urlTooLong = (): Answer =>
  problem('url_too_long', `The path and the query have at most ${maxUrlBytes} bytes`);

/** The answer to what Node's parser gave up on. */
export const brokenRequest = ({ code, rawPacket }: { code?: string; rawPacket?: Buffer }): Answer => {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return problem('request_timeout', 'The request did not come to its end in time; send it again');
    case 'HPE_HEADER_OVERFLOW':
      // The first line alone is longer than the limit for a head.
      return rawPacket?.subarray(0, maxHeaderBytes).includes('\n') === false
        ? urlTooLong()
        : problem(
            'headers_too_large',
            `The first line and the headers together have at most ${maxHeaderBytes} bytes`,
          );
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return problem('body_too_large', 'The extensions of the chunks are too large; leave them out');
    case 'HPE_INVALID_URL':
      return problem('invalid_url', 'The path of the URL is not percent-encoded UTF-8');
    case 'HPE_INVALID_VERSION':
      return problem('unsupported_http_version', 'The server speaks HTTP/1.1');
    case 'HPE_INVALID_TRANSFER_ENCODING':
      return badCoding();
    default:
      return problem('bad_request', 'What came is not an HTTP/1.1 request');
  }
};

export const tooManyConnections = (): Answer =>
  problem(
    'too_many_connections',
    'Every connection that the server takes is answering a request; retry',
    {},
    { 'retry-after': '1' },
  );

export const noTunnel = (): Answer =>
  problem('method_not_allowed', 'The server is no proxy', {}, { allow: 'GET, HEAD, POST, PUT, DELETE' });

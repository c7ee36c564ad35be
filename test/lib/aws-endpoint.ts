/**
 * The wire protocols of Kinesis, S3, Athena and Lambda on a port of loopback, before the stand-ins: what a bundled SDK
 * client sends becomes the command that the stand-in takes. Each call is let through only where the policy of its
 * caller allows it; the caller is named by the access key. Serves what Annals sends, and refuses anything else loudly.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { GetQueryExecutionCommand, StartQueryExecutionCommand } from '@aws-sdk/client-athena';
import { DescribeStreamSummaryCommand, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';

/** `principal` is the role of the caller, as the template names it. */
export type Call = { action: string; resource: string; principal?: string };

type Stand = { send(command: unknown): Promise<unknown> };
export type EndpointOptions = {
  kinesis: Stand;
  s3: Stand;
  athena: Stand;
  /** Whether the topic takes nothing now. */
  topicFault?(): boolean;
  /** Answers the Lambdas of the company's, by their ARN. */
  lambda(functionName: string, payload: unknown): unknown;
  /** Whether a customer has given this external id to the trust policy of their role. */
  isExternalId?(id: string | null): boolean;
  /** Whether a caller may do it, by the policies of its role and of the bucket. */
  mayCall(caller: string, call: Call, headers: IncomingMessage['headers']): boolean;
};

/** The caller with the rights of a customer's role. */
export const customer = 'customer';

type Answer = { status: number; headers?: Record<string, string>; body?: string | Buffer | Readable };

const callerOf = ({ headers, url }: IncomingMessage): string =>
  /Credential=([^/%]+)/.exec(`${headers.authorization ?? ''} ${url ?? ''}`)?.[1] ?? 'nobody';

const json = (value: unknown, status = 200): Answer => ({
  status,
  headers: { 'content-type': 'application/x-amz-json-1.1' },
  body: JSON.stringify(value),
});

/** The protocol has times as seconds. */
const seconds = (value: unknown): unknown => {
  if (value instanceof Date) return value.getTime() / 1000;
  if (Array.isArray(value)) return value.map(seconds);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, seconds(member)]));
};

const escapeXml = (text: string): string =>
  text.replace(/[<>&"]/g, character => `&#${character.charCodeAt(0)};`);
const xml = (name: string, members: string): Answer => ({
  status: 200,
  headers: { 'content-type': 'application/xml' },
  body: `<?xml version="1.0" encoding="UTF-8"?><${name}>${members}</${name}>`,
});
const element = (name: string, value: unknown): string =>
  value === undefined ? '' : `<${name}>${escapeXml(String(value))}</${name}>`;

export const openEndpoint = async (options: EndpointOptions) => {
  const calls: (Call & { caller: string })[] = [];
  const failures: string[] = [];
  const published: { subject: string; message: object }[] = [];

  const denied = (message: string): Error =>
    Object.assign(new Error(message), { name: 'AccessDenied', $metadata: { httpStatusCode: 403 } });
  const check = (request: IncomingMessage, action: string, resource: string): void => {
    const caller = callerOf(request);
    calls.push({ caller, action, resource });
    if (!options.mayCall(caller, { action, resource }, request.headers)) {
      failures.push(`${caller} may not ${action} on ${resource}`);
      throw denied(`${caller} may not ${action} on ${resource}`);
    }
  };

  const targeted = async (request: IncomingMessage, target: string, body: Buffer): Promise<Answer> => {
    const input = JSON.parse(body.toString()) as Record<string, unknown>;
    const stream = 'arn:aws:kinesis:::stream/annals';
    switch (target) {
      case 'Kinesis_20131202.PutRecords': {
        check(request, 'kinesis:PutRecords', stream);
        const Records = (input.Records as { Data: string }[]).map(record => ({
          ...record,
          Data: Buffer.from(record.Data, 'base64'),
        }));
        return json(await options.kinesis.send(new PutRecordsCommand({ ...input, Records } as never)));
      }
      case 'Kinesis_20131202.DescribeStreamSummary':
        check(request, 'kinesis:DescribeStreamSummary', stream);
        return json(seconds(await options.kinesis.send(new DescribeStreamSummaryCommand(input as never))));
      case 'AmazonAthena.StartQueryExecution':
        check(request, 'athena:StartQueryExecution', 'arn:aws:athena:::workgroup/Annals');
        return json(await options.athena.send(new StartQueryExecutionCommand(input as never)));
      case 'AmazonAthena.GetQueryExecution':
        check(request, 'athena:GetQueryExecution', 'arn:aws:athena:::workgroup/Annals');
        return json(seconds(await options.athena.send(new GetQueryExecutionCommand(input as never))));
      default:
        throw new Error(`The endpoint does not serve ${target}`);
    }
  };

  const ofS3 = async (request: IncomingMessage, body: Buffer): Promise<Answer> => {
    const { headers, method } = request;
    const url = new URL(request.url!, 'http://localhost');
    const [, Bucket = '', ...rest] = url.pathname.split('/');
    const Key = decodeURIComponent(rest.join('/'));
    const arn = `arn:aws:s3:::${Bucket}`;
    const object = `${arn}/${Key}`;
    const query = Object.fromEntries(url.searchParams) as Record<string, string | undefined>;
    const header = (name: string) => headers[name] as string | undefined;
    const typed = { ContentType: header('content-type'), ContentDisposition: header('content-disposition') };
    const found = async <T>(read: () => Promise<T>): Promise<T> => {
      check(request, 's3:GetObject', object);
      try {
        return await read();
      } catch (error) {
        // Whoever may not list a bucket is not told that a key is free.
        const isMissing =
          (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === 404;
        if (
          isMissing &&
          !options.mayCall(callerOf(request), { action: 's3:ListBucket', resource: arn }, headers)
        )
          throw denied(`${callerOf(request)} may not know that ${object} is free`);
        throw error;
      }
    };
    if (method === 'GET' && query['list-type'] === '2') {
      check(request, 's3:ListBucket', arn);
      const output = (await options.s3.send(
        new ListObjectsV2Command({
          Bucket,
          Prefix: query.prefix,
          StartAfter: query['start-after'],
          ContinuationToken: query['continuation-token'],
        }),
      )) as {
        Contents?: { Key: string; Size: number; LastModified: Date; ETag: string }[];
        NextContinuationToken?: string;
      };
      const contents = (output.Contents ?? []).map(
        one =>
          '<Contents>' +
          `${element('Key', one.Key)}${element('Size', one.Size)}` +
          `${element('LastModified', one.LastModified.toISOString())}${element('ETag', one.ETag)}</Contents>`,
      );
      return xml(
        'ListBucketResult',
        contents.join('') +
          element('IsTruncated', output.NextContinuationToken !== undefined) +
          element('NextContinuationToken', output.NextContinuationToken),
      );
    }
    if (method === 'GET' || method === 'HEAD') {
      const output = await found(
        async () =>
          (await options.s3.send(
            method === 'GET' ? new GetObjectCommand({ Bucket, Key }) : new HeadObjectCommand({ Bucket, Key }),
          )) as {
            Body?: Readable;
            ETag: string;
            ContentLength: number;
            ContentType?: string;
            ContentDisposition?: string;
          },
      );
      return {
        status: 200,
        headers: {
          etag: output.ETag,
          'content-length': String(output.ContentLength),
          ...(output.ContentType ? { 'content-type': output.ContentType } : {}),
          ...(output.ContentDisposition ? { 'content-disposition': output.ContentDisposition } : {}),
        },
        ...(output.Body ? { body: Readable.from(output.Body) } : {}),
      };
    }
    if (method === 'PUT' && query.partNumber !== undefined) {
      check(request, 's3:PutObject', object);
      const output = (await options.s3.send(
        new UploadPartCommand({
          Bucket,
          Key,
          UploadId: query.uploadId,
          PartNumber: Number(query.partNumber),
          Body: body,
          ChecksumCRC32: header('x-amz-checksum-crc32'),
        }),
      )) as { ETag: string };
      return { status: 200, headers: { etag: output.ETag } };
    }
    if (method === 'PUT') {
      check(request, 's3:PutObject', object);
      const output = (await options.s3.send(
        new PutObjectCommand({
          Bucket,
          Key,
          Body: body,
          ChecksumSHA256: header('x-amz-checksum-sha256'),
          IfNoneMatch: header('if-none-match'),
          IfMatch: header('if-match'),
          ...typed,
        }),
      )) as { ETag: string };
      return { status: 200, headers: { etag: output.ETag } };
    }
    if (method === 'POST' && query.uploads !== undefined) {
      check(request, 's3:PutObject', object);
      const output = (await options.s3.send(
        new CreateMultipartUploadCommand({ Bucket, Key, ChecksumAlgorithm: 'CRC32', ...typed }),
      )) as { UploadId: string };
      return xml('InitiateMultipartUploadResult', element('UploadId', output.UploadId));
    }
    if (method === 'POST' && query.uploadId !== undefined) {
      check(request, 's3:PutObject', object);
      const Parts = [...body.toString().matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part]) => {
        const of = (name: string) =>
          new RegExp(`<${name}>(.*?)</${name}>`).exec(part!)?.[1]?.replaceAll('&quot;', '"');
        return { PartNumber: Number(of('PartNumber')), ETag: of('ETag'), ChecksumCRC32: of('ChecksumCRC32') };
      });
      await options.s3.send(
        new CompleteMultipartUploadCommand({
          Bucket,
          Key,
          UploadId: query.uploadId,
          MultipartUpload: { Parts },
          IfNoneMatch: header('if-none-match'),
        }),
      );
      return xml('CompleteMultipartUploadResult', element('Key', Key));
    }
    if (method === 'DELETE' && query.uploadId !== undefined) {
      check(request, 's3:AbortMultipartUpload', object);
      await options.s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId: query.uploadId }));
      return { status: 204 };
    }
    if (method === 'DELETE') {
      check(request, 's3:DeleteObject', object);
      await options.s3.send(new DeleteObjectCommand({ Bucket, Key }));
      return { status: 204 };
    }
    throw new Error(`The endpoint does not serve ${method} ${url.pathname}`);
  };

  /** The role of a customer, which demands its external id. */
  const assumeRole = (request: IncomingMessage, input: URLSearchParams): Answer => {
    check(request, 'sts:AssumeRole', input.get('RoleArn')!);
    if (!options.isExternalId?.(input.get('ExternalId'))) throw denied('The trust policy does not allow it');
    const members =
      `${element('AccessKeyId', customer)}${element('SecretAccessKey', 's')}` +
      `${element('SessionToken', 't')}` +
      element('Expiration', new Date(Date.now() + 3_600_000).toISOString());
    return xml('AssumeRoleResponse', `<Credentials>${members}</Credentials>`);
  };

  const ofQuery = (request: IncomingMessage, body: Buffer): Answer => {
    const input = new URLSearchParams(body.toString());
    if (input.get('Action') === 'AssumeRole') return assumeRole(request, input);
    if (input.get('Action') !== 'Publish')
      throw new Error(`The endpoint does not serve ${input.get('Action')}`);
    check(request, 'sns:Publish', input.get('TopicArn')!);
    if (options.topicFault?.())
      throw Object.assign(new Error('The key of the topic is disabled'), {
        name: 'KMSDisabled',
        $metadata: { httpStatusCode: 400 },
      });
    published.push({ subject: input.get('Subject')!, message: JSON.parse(input.get('Message')!) as object });
    return xml('PublishResponse', '<PublishResult><MessageId>m-1</MessageId></PublishResult>');
  };

  const answer = async (request: IncomingMessage): Promise<Answer> => {
    const body = await buffer(request);
    const target = request.headers['x-amz-target'] as string | undefined;
    const isJson = target !== undefined || request.url!.startsWith('/2015-03-31/');
    try {
      if (target !== undefined) return await targeted(request, target, body);
      if (request.headers['content-type']?.startsWith('application/x-www-form-urlencoded'))
        return ofQuery(request, body);
      const invoked = /^\/2015-03-31\/functions\/([^/]+)\/invocations/.exec(request.url!);
      if (!invoked) return await ofS3(request, body);
      const name = decodeURIComponent(invoked[1]!);
      check(request, 'lambda:InvokeFunction', name);
      return json(options.lambda(name, JSON.parse(body.toString())));
    } catch (error) {
      const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
      if ($metadata?.httpStatusCode === undefined) failures.push(message);
      const status = $metadata?.httpStatusCode ?? 500;
      if (isJson)
        return {
          status,
          headers: { 'x-amzn-errortype': name },
          body: JSON.stringify({ __type: name, message }),
        };
      const fault = element('Code', name) + element('Message', message);
      // S3 has the error as it is, SNS within an answer.
      return request.headers['content-type']?.startsWith('application/x-www-form-urlencoded')
        ? { ...xml('ErrorResponse', `<Error>${fault}</Error>`), status }
        : { ...xml('Error', fault), status };
    }
  };

  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { status, headers = {}, body } = await answer(request);
    response.writeHead(status, headers);
    if (body instanceof Readable) body.pipe(response);
    else response.end(body);
  };

  const handle = (request: unknown, response: unknown): void =>
    void respond(request as IncomingMessage, response as ServerResponse);
  // The client of Kinesis speaks HTTP/2 only, the others HTTP/1.1.
  const servers = [createServer(handle), createHttp2Server(handle)] as const;
  const sessions = new Set<ServerHttp2Session>();
  servers[1].on('session', session => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
  });
  const listen = async (server: (typeof servers)[number]): Promise<string> => {
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', () => resolve()));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  return {
    environment: {
      AWS_ENDPOINT_URL: await listen(servers[0]),
      AWS_ENDPOINT_URL_KINESIS: await listen(servers[1]),
    },
    calls,
    published,
    /** What was refused, or not served: there should be none. */
    failures,
    async close(): Promise<void> {
      servers[0].closeAllConnections();
      for (const session of sessions) session.destroy();
      for (const server of servers) await new Promise(resolve => server.close(resolve));
    },
  };
};

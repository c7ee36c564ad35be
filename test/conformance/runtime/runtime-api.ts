/**
 * Lambda's side of the Runtime API, on loopback: it hands one invocation after another to the runtime client
 * of an instance, and takes the response or the error of each.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
import type { ServerResponse } from 'node:http';
import { json as readJson } from 'node:stream/consumers';
import { listen } from '../loopback.ts';

/** What an invocation returned, or the error that the runtime client reported. */
export type Outcome =
  | { result: unknown }
  | { error: { errorType: string; errorMessage: string; trace: string[] } };

type Invocation = { id: string; arn: string; deadlineMs: number; event: unknown };

export type RuntimeApi = {
  /** The address as AWS_LAMBDA_RUNTIME_API has it. */
  address: string;
  invoke(invocation: Invocation): Promise<Outcome>;
  /** Ends every invocation that is under way with this error. */
  fail(error: Error): void;
  close(): Promise<void>;
};

const prefix = '/2018-06-01/runtime/';

export const openRuntimeApi = async (): Promise<RuntimeApi> => {
  const queue: Invocation[] = [];
  const pending = new Map<string, { resolve(outcome: Outcome): void; reject(error: Error): void }>();
  let idle: ServerResponse | undefined;
  let failure: Error | undefined;

  const fail = (error: Error): void => {
    failure ??= error;
    for (const { reject } of pending.values()) reject(failure);
    pending.clear();
  };
  const handOut = (): void => {
    if (idle === undefined) return;
    const next = queue.shift();
    if (next === undefined) return;
    const response = idle;
    idle = undefined;
    response
      .writeHead(200, {
        'content-type': 'application/json',
        'lambda-runtime-aws-request-id': next.id,
        'lambda-runtime-deadline-ms': String(next.deadlineMs),
        'lambda-runtime-invoked-function-arn': next.arn,
        'lambda-runtime-trace-id': 'Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0',
      })
      .end(JSON.stringify(next.event));
  };

  const server = await listen(async (request, response) => {
    const path = request.url!.startsWith(prefix) ? request.url!.slice(prefix.length) : '';
    if (request.method === 'GET' && path === 'invocation/next') {
      idle = response;
      handOut();
      return;
    }
    const body = await readJson(request);
    const [, id = '', kind] = /^invocation\/([^/]+)\/(response|error)$/.exec(path) ?? [];
    response.writeHead(202).end('{"status":"OK"}');
    if (path === 'init/error') return fail(new Error(`The instance did not start: ${JSON.stringify(body)}`));
    const invocation = pending.get(id);
    if (!invocation) return fail(new Error(`The runtime client sent ${request.method} ${request.url}`));
    pending.delete(id);
    invocation.resolve(kind === 'error' ? { error: body as never } : { result: body });
  });

  return {
    address: server.url.replace('http://', ''),
    invoke: invocation =>
      new Promise((resolve, reject) => {
        if (failure !== undefined) return reject(failure);
        pending.set(invocation.id, { resolve, reject });
        queue.push(invocation);
        handOut();
      }),
    fail,
    close: server.close,
  };
};

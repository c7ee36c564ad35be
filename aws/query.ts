/** Athena: starts a statement once per token, and returns its status. */
import {
  type AthenaClient,
  GetQueryExecutionCommand,
  StartQueryExecutionCommand,
} from '@aws-sdk/client-athena';
import { queryOutputKey, queryOutputPrefix } from '#domain/export/layout.ts';
import type { Statement } from '#domain/export/statement.ts';
import { sqlLiteral } from '#domain/sql-literal.ts';

export type QueryStatus =
  | { state: 'running' }
  | { state: 'succeeded'; outputKey: string; bytesScanned: number; completedAt: Date }
  | { state: 'failed'; message: string };

/** `results` is the bucket of the outputs. */
export type QueryOptions = { workGroup: string; database: string; results: string };

export class Query {
  readonly #client: Pick<AthenaClient, 'send'>;
  readonly #options: QueryOptions;

  constructor(client: Pick<AthenaClient, 'send'>, options: QueryOptions) {
    this.#client = client;
    this.#options = options;
  }

  /**
   * Starts the statement, or returns the id of the execution that was started with this token (32 to 128
   * characters).
   */
  async start({ sql, parameters }: Statement, token: string): Promise<string> {
    const { workGroup, database, results } = this.#options;
    const output = await this.#client.send(
      new StartQueryExecutionCommand({
        QueryString: sql,
        ExecutionParameters: parameters.map(sqlLiteral),
        ClientRequestToken: token,
        WorkGroup: workGroup,
        QueryExecutionContext: { Database: database },
        ResultConfiguration: { OutputLocation: `s3://${results}/${queryOutputPrefix}` },
      }),
    );
    return output.QueryExecutionId!;
  }

  async status(queryExecutionId: string): Promise<QueryStatus> {
    const output = await this.#client
      .send(new GetQueryExecutionCommand({ QueryExecutionId: queryExecutionId }))
      .catch((error: Error) => {
        // Athena does not know it, or no longer does, so it will never end.
        if (error.name === 'InvalidRequestException') return undefined;
        throw error;
      });
    if (!output) return { state: 'failed', message: `Athena does not know the query ${queryExecutionId}` };
    const { Status, Statistics } = output.QueryExecution!;
    switch (Status?.State) {
      case 'SUCCEEDED':
        return {
          state: 'succeeded',
          outputKey: queryOutputKey(queryExecutionId),
          bytesScanned: Statistics?.DataScannedInBytes ?? 0,
          completedAt: Status.CompletionDateTime!,
        };
      case 'FAILED':
      case 'CANCELLED':
        return {
          state: 'failed',
          message: Status.StateChangeReason ?? `The query was ${Status.State.toLowerCase()}`,
        };
      default:
        return { state: 'running' };
    }
  }
}

/**
 * A Glue that knows some tables in each of its databases. It serves what Trino asks to read a table whose
 * partitions are projected, and refuses everything else; partitions above all, which projection must never
 * ask for.
 */
import type { IncomingMessage } from 'node:http';
import { type Loopback, listen } from '#test/conformance/loopback.ts';

/** Glue's TableInput, in the case of its API. */
export type TableInput = { Name: string; Parameters: Record<string, string>; [member: string]: unknown };

type Answer = { status: number; body: object };
type Request = { Name?: string; DatabaseName?: string };

const at = 1_767_225_600;
const account = '000000000000';
const found = (body: object): Answer => ({ status: 200, body });
const refused = (type: string, message: string): Answer => ({
  status: 400,
  body: { __type: type, Message: message },
});

/** `tables`: by the name of the database. */
export const startGlue = (tables: Readonly<Record<string, readonly TableInput[]>>): Promise<Loopback> => {
  const database = (name: string) => ({ Name: name, CreateTime: at });
  const table = (input: TableInput, database: string) => ({
    ...input,
    DatabaseName: database,
    CatalogId: account,
    CreateTime: at,
    UpdateTime: at,
    VersionId: '0',
    IsRegisteredWithLakeFormation: false,
  });
  const answer = (operation: string, { Name = '', DatabaseName = '' }: Request): Answer => {
    switch (operation) {
      case 'GetDatabases':
        return found({ DatabaseList: Object.keys(tables).map(database) });
      case 'GetDatabase':
        if (tables[Name] === undefined) break;
        return found({ Database: database(Name) });
      case 'GetTables':
        if (tables[DatabaseName] === undefined) break;
        return found({ TableList: tables[DatabaseName].map(one => table(one, DatabaseName)) });
      case 'GetTable': {
        const input = tables[DatabaseName]?.find(one => one.Name === Name);
        if (!input) break;
        return found({ Table: table(input, DatabaseName) });
      }
      case 'GetColumnStatisticsForTable':
        return found({ ColumnStatisticsList: [], Errors: [] });
      default:
        return refused('InvalidInputException', `${operation} is not served`);
    }
    return refused('EntityNotFoundException', `${DatabaseName}.${Name} does not exist`);
  };
  return listen(async (request, response) => {
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
    const { status, body } = answer(operation, JSON.parse((await textOf(request)) || '{}') as Request);
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
  });
};

const textOf = async (request: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
};

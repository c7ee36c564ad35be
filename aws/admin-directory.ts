/**
 * The directory of admins, who may read the log of their scope. It is kept in the state, one object per scope
 * and user; or by a Lambda of the company, which gets `{scope_id, user_id}` and answers `{is_admin}`.
 */
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { adminRecord } from '#aws/state/admins.ts';
import { readRecord } from '#aws/state/record.ts';
import { adminKey } from '#domain/access/layout.ts';
import type { Lambda } from './clients.ts';
import type { Objects } from './objects.ts';

export type AdminDirectory = { isAdmin(scopeId: string, userId: string): Promise<boolean> };

export const stateDirectory = (state: Pick<Objects, 'get'>): AdminDirectory => ({
  async isAdmin(scopeId, userId) {
    const stored = await state.get(adminKey(scopeId, userId));
    return stored !== undefined && readRecord(stored, adminRecord).is_admin;
  },
});

/** Throws if the Lambda fails or answers anything but a boolean: a fault admits nobody. */
export const lambdaDirectory = (client: Lambda, functionName: string): AdminDirectory => ({
  async isAdmin(scope_id, user_id) {
    const output = await client.send(
      new InvokeCommand({
        FunctionName: functionName,
        Payload: Buffer.from(JSON.stringify({ scope_id, user_id })),
      }),
    );
    if (output.FunctionError !== undefined)
      throw new Error(`The directory of admins failed: ${output.FunctionError}`);
    const answer = JSON.parse(Buffer.from(output.Payload ?? []).toString() || 'null') as {
      is_admin?: unknown;
    } | null;
    if (typeof answer?.is_admin !== 'boolean')
      throw new Error('The directory of admins did not answer {"is_admin": true or false}');
    return answer.is_admin;
  },
});

/** The Lambda with this name, or the state if the name is empty. */
export const openAdminDirectory = (
  functionName: string,
  state: Pick<Objects, 'get'>,
  lambda: Lambda | undefined,
): AdminDirectory => (functionName === '' ? stateDirectory(state) : lambdaDirectory(lambda!, functionName));

/** Books an order, and records who placed it. The function ends once the event is stored. */
import { AuditLog, environmentCredentials, type OpenEvents, sigV4 } from 'annals/client';

const { AUDIT_URL: url = '', AWS_REGION: region = '' } = process.env;
const audit = new AuditLog<OpenEvents>({
  url,
  authorize: sigV4({ region, credentials: environmentCredentials }),
  onRefused: ({ action, code, message }) => console.error(`${action} was refused: ${code} ${message}`),
});

type Order = { id: string; user: string; account: string };

export const handler = async ({ id, user, account }: Order): Promise<void> => {
  audit.record({
    action: 'order.place',
    actor: { id: user, type: 'user' },
    target: { id, type: 'order' },
    scope: { id: account, type: 'account' },
    success: true,
  });
  await audit.flush();
};

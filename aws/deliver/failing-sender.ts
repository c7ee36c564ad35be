/** A sender where there can be none: every part and every test fails with the same code, which health shows. */
import type { DeliveryFault } from '#domain/deliver/destination.ts';
import type { Sender, SendOutcome } from '#domain/deliver/sender.ts';

export const failingSender = (code: DeliveryFault): Sender => {
  const fail = async (): Promise<SendOutcome> => ({ kind: 'failed', code });
  return { send: fail, test: fail };
};

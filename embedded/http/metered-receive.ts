/** receive behind the limits of keys: a request pays for its events once they are counted. */
import { senderOf } from '#domain/access/caller.ts';
import type { RateLimits } from '#embedded/access/rate-limits.ts';
import type { Answer } from '#functions/http/answer.ts';
import type { Invocation } from '#functions/http/delivery.ts';
import { type ReceiveWorld, receive } from '#functions/receive.ts';
import type { GatewayEvent } from './gateway-route.ts';

export const meteredReceive =
  (world: ReceiveWorld, limits: Pick<RateLimits, 'pay'>) =>
  (event: GatewayEvent, invocation: Invocation): Promise<Answer> =>
    receive({
      ...world,
      metrics: values => {
        world.metrics(values);
        // What was not stored is sent again, and paid for then.
        limits.pay(
          senderOf(event.requestContext.authorizer),
          (values.AcceptedEvents ?? 0) + (values.RejectedEvents ?? 0),
        );
      },
    })(event, invocation);

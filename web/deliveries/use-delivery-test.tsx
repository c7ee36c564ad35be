/** Tests a delivery: what came of it is a closed code with its meaning and cure, and nothing that a receiver said. */
import { useState } from 'react';
import type { Api } from '#domain/http/shapes/shapes.ts';
import { usePage } from '../page-context.tsx';
import { problemOf } from '../use-answer.tsx';
import { laterWords } from '../words/later-words.ts';
import { say } from '../words.ts';
import type { Outcome } from './delivery-notices.tsx';
import { describeFault } from './describe-delivery.ts';

const { deliveries: texts } = laterWords;

const outcomeOf = ({ ok, meaning, cure, status }: Api<'DeliveryTest'>): Outcome =>
  ok || meaning === null || cure === null
    ? { type: 'success', text: texts.tested }
    : {
        type: 'error',
        text: say(texts.failedTest, { meaning: describeFault({ meaning, status }) }),
        cure: say(texts.whatToDo, { cure }),
      };

export const useDeliveryTest = (path: string, onTested: (outcome: Outcome) => Promise<void>) => {
  const { api } = usePage();
  const [isTesting, setTesting] = useState(false);
  const test = async (): Promise<void> => {
    setTesting(true);
    try {
      await onTested(outcomeOf(await api.ask<'DeliveryTest'>('POST', `${path}/test`)));
    } catch (error) {
      const { code, detail } = problemOf(error);
      const text = code === 'too_many_tests' ? say(texts.testLater, { detail }) : detail;
      await onTested({ type: 'error', text });
    } finally {
      setTesting(false);
    }
  };
  return { isTesting, test };
};

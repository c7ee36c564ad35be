/** What a customer sets up before the first test of a delivery into a bucket, ready to copy. */
import SpaceBetween from '@cloudscape-design/components/space-between';
import { accessPolicyOf, trustPolicyOf } from '#domain/deliver/role-set-up.ts';
import { Value } from '../value.tsx';
import { CopyButton } from '../value-actions.tsx';
import { laterWords } from '../words/later-words.ts';
import type { Delivery } from './describe-delivery.ts';

const { deliveries: texts } = laterWords;

type SetUpProps = { one: Delivery; externalId: string };

export const RoleSetUp = ({ one: { destination, principal }, externalId }: SetUpProps) => {
  // Only an installation with an account delivers into buckets, and says whom to trust.
  if (destination.type !== 's3' || principal === null)
    return (
      <>
        <p>{texts.setUp}</p>
        <Value text={externalId} isWhole /> <CopyButton text={externalId} />
      </>
    );
  return (
    <SpaceBetween size="s">
      <Policy say={texts.trust} copy={texts.copyTrust} text={trustPolicyOf(principal, externalId)} />
      <Policy say={texts.allow} copy={texts.copyAllow} text={accessPolicyOf(destination)} />
      <p>{texts.thenTest}</p>
    </SpaceBetween>
  );
};

type PolicyProps = { say: string; copy: string; text: string };

const Policy = ({ say: label, copy, text }: PolicyProps) => (
  <div className="json">
    <p>{label}</p>
    {/* Scrolls, so the keyboard has to reach it. */}
    <pre tabIndex={0} role="group" aria-label={label}>
      {text}
    </pre>
    <CopyButton text={text} label={copy} />
  </div>
);

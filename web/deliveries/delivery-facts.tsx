/** What a delivery is and how far it is, as pairs. */
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import { usePage } from '../page-context.tsx';
import { printTime } from '../time.ts';
import { Value } from '../value.tsx';
import { laterWords } from '../words/later-words.ts';
import { printNumber, say, words } from '../words.ts';
import { DeliveryState } from './delivery-health.tsx';
import {
  type Delivery,
  describeDestination,
  describeFilter,
  describeLag,
  describeUndelivered,
} from './describe-delivery.ts';

const { deliveries: texts, deliveryForm } = laterWords;
const { columns, facts } = texts;

export const DeliveryFacts = ({ one }: { one: Delivery }) => {
  const { zone } = usePage();
  const { destination, health, filter, external_id } = one;
  const { last_manifest: manifest } = health;
  const fact = (label: string, value: React.ReactNode) => (value === undefined ? [] : [{ label, value }]);
  return (
    <KeyValuePairs
      columns={3}
      items={[
        ...fact(columns.state, <DeliveryState state={one.state} />),
        ...fact(columns.deliveredTo, printTime(health.delivered_to, zone)),
        ...fact(columns.lag, describeLag(health)),
        ...fact(columns.undelivered, describeUndelivered(health, zone) ?? words.page.none),
        ...fact(facts.runs, printNumber(health.runs)),
        ...fact(facts.rows, printNumber(health.rows)),
        ...fact(columns.destination, <Value text={describeDestination(destination)} />),
        ...fact(
          facts.preset,
          destination.type === 'https' && destination.preset
            ? deliveryForm.presets[destination.preset]
            : undefined,
        ),
        ...fact(facts.headers, headersOf(destination)),
        ...fact(facts.secret, secretsOf(destination)),
        ...fact(facts.region, destination.type === 's3' ? destination.region : undefined),
        ...fact(facts.role, destination.type === 's3' ? <Value text={destination.role_arn} /> : undefined),
        ...fact(facts.externalId, external_id === null ? undefined : <Value text={external_id} isWhole />),
        ...fact(facts.format, deliveryForm.formats[one.format]),
        ...fact(facts.filter, <Value text={describeFilter(filter)} />),
        ...fact(facts.from, printTime(one.from, zone)),
        ...fact(facts.owner, <Value text={one.requested_by ?? words.page.roles.operator} />),
        ...fact(facts.reason, one.reason === null ? undefined : <Value text={one.reason} />),
        ...fact(facts.tested, health.tested_at === null ? facts.never : printTime(health.tested_at, zone)),
        ...fact(
          facts.manifest,
          manifest === null
            ? facts.never
            : say(facts.manifestOf, {
                run: manifest.run,
                time: printTime(manifest.at, zone),
                sha256: manifest.sha256,
              }),
        ),
      ]}
    />
  );
};

/** Names alone: the values are secret. */
const headersOf = (destination: Delivery['destination']): string | undefined =>
  destination.type === 'https' && destination.header_names?.length
    ? destination.header_names.join(', ')
    : undefined;

/** How many sign each request; old records do not say it. */
const secretsOf = (destination: Delivery['destination']): string | undefined =>
  destination.type === 'https' && destination.live_secrets !== undefined
    ? facts.secrets[destination.live_secrets]
    : undefined;

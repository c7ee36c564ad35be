/** A delivery as people see it: a row, all of it, and what is left to set up. */
import { showTime } from '#cli/table.ts';
import { accessPolicyOf, trustPolicyOf } from '#domain/deliver/role-set-up.ts';
import type { Api } from '#domain/http/shapes/shapes.ts';

type Delivery = Api<'Delivery'>;

const placeOf = ({ destination }: Delivery): string => {
  switch (destination.type) {
    case 'directory':
      return `directory ${destination.path}`;
    case 's3':
      return `s3://${destination.bucket}/${destination.prefix ?? ''}`;
    case 'https':
      return destination.url;
  }
};

export const rowOfDelivery = (delivery: Delivery) => ({
  id: delivery.id,
  state: delivery.state,
  destination: placeOf(delivery),
  'delivered to (UTC)': showTime(delivery.health.delivered_to),
  rows: delivery.health.rows,
  undelivered: delivery.health.undelivered.count,
});

export const recordOfDelivery = (delivery: Delivery) => {
  const { health, stopped } = delivery;
  const wrong = stopped ?? health.failing;
  return {
    ...rowOfDelivery(delivery),
    ...detailsOf(delivery),
    format: delivery.format,
    actions: delivery.filter?.action.join(', ') ?? 'all',
    runs: health.runs,
    owner: delivery.requested_by ?? 'the operator',
    wrong: wrong === null ? 'nothing' : `${wrong.meaning} (${wrong.code}). ${wrong.cure}`,
  };
};

/** Of its destination. */
const detailsOf = ({ destination, external_id }: Delivery): Record<string, string> => {
  if (destination.type === 's3')
    return { region: destination.region, role: destination.role_arn, 'external id': external_id ?? '' };
  if (destination.type === 'directory') return {};
  const { header_names = [], live_secrets } = destination;
  return {
    headers: header_names.join(', '),
    ...(live_secrets === undefined ? {} : { secrets: secretsInWords[live_secrets] ?? '' }),
  };
};

const secretsInWords = ['none', 'one', 'two, until you end the rotation with --end-rotation'];

/** What to do before the first test of a delivery into a bucket, line by line; nothing for any other. */
export const setUpOf = ({
  destination,
  external_id,
  principal,
  health,
  id,
  scope_id,
}: Delivery): string[] => {
  if (destination.type !== 's3' || external_id === null || health.tested_at !== null) return [];
  // Without an account nothing is delivered into buckets here.
  if (principal === null) return [];
  return [
    'Give the role this trust policy:',
    ...trustPolicyOf(principal, external_id).split('\n'),
    'Let it do this:',
    ...accessPolicyOf(destination).split('\n'),
    `Then run: annals delivery test ${id} --scope ${scope_id}`,
  ];
};

/**
 * How an installation is started: its options, the names of its buckets, and the environment that its
 * handlers read.
 */
import type { EnvironmentOf } from '#aws/environment.ts';
import type { CatalogueChoice } from '#catalogue/choice.ts';
import { defaultBuckets } from '#domain/archive/bucket.ts';
import type { AllowedTargets } from '#domain/deliver/allowed-targets.ts';
import { defaultRefused } from '#domain/refused/usage.ts';
import { scopeClaim } from '#embedded/access/customer-tokens.ts';
import { roleArn } from '#embedded/account.ts';
import type { Front } from '#embedded/http/gateway.ts';
import type { HttpLimits } from '#embedded/http/http-server.ts';
import type { PageSource } from '#embedded/http/page-files.ts';
import type { AthenaOptions } from '#embedded/query/athena.ts';
import type { FoldingSettings } from '#embedded/storage/folding.ts';
import type { EventSourceOptions } from '#embedded/stream/event-source.ts';
import type { KinesisOptions } from '#embedded/stream/kinesis-options.ts';
import type { Log } from '#functions/runtime/log.ts';

export type InstallationOptions = CatalogueChoice & {
  data: string;
  host?: string;
  port?: number;
  buckets?: number;
  /** DuckDB's memory limit. */
  memoryLimit?: string;
  tickMs?: number;
  /** How often closed days are compacted. */
  compactMs?: number | undefined;
  stallSeconds?: number;
  /** How long an export may be open before it fails. */
  openSeconds?: number;
  /** For tests: how large a slice of an export may be. */
  maxSliceBytes?: number;
  /**
   * Who is notified of the ends of exports, the secret that signs the notice, and which ends: by default
   * those of scheduled exports.
   */
  webhook?: { url: string; secret: string; events?: 'schedules' | 'all' | undefined } | undefined;
  catalogueMode?: 'open' | 'strict' | undefined;
  /** For tests and CI: refuses payloads that contradict their schema. */
  strictPayloads?: boolean | undefined;
  /** How many days refused items are kept, and how many bytes of them. */
  refusedDays?: number | undefined;
  refusedBytes?: number | undefined;
  /** How many events a second each key may send, if it has no limit of its own; without it as many as it likes. */
  rateLimit?: number | undefined;
  /** How long events are gathered before they are filed, unless somebody waits for them. */
  windowSeconds?: number | undefined;
  /** What HTTPS deliveries may connect to besides public addresses on port 443. */
  deliveryTargets?: AllowedTargets | undefined;
  stream?: Partial<KinesisOptions>;
  eventSource?: Partial<EventSourceOptions>;
  athena?: Partial<AthenaOptions>;
  folding?: FoldingSettings | undefined;
  gateway?: HttpLimits | undefined;
  /** The proxy in front, if there is one. */
  front?: Front | undefined;
  /** The Audit Log page; without it the server has none. */
  page?: PageSource | undefined;
  /** The origins whose pages may hold the page in a frame. */
  embedOrigins?: readonly string[] | undefined;
  log?: Log;
};

export const defaultWindowSeconds = 10;

/** Nobody bills a record here, and gzip of small packs took a quarter of a request of many scopes. */
export const plainPackBytes = 16 * 1024;

export const names = {
  stream: 'annals',
  ledger: 'ledger',
  state: 'state',
  aside: 'aside',
  views: 'views',
  results: 'results',
} as const;

export const environmentOf = (
  options: InstallationOptions,
): EnvironmentOf<'export' | 'archive' | 'receive' | 'tick' | 'compact' | 'manage'> => ({
  ANNALS_INSTALLATION: 'embedded',
  ANNALS_BUCKETS: String(options.buckets ?? defaultBuckets),
  ANNALS_STREAM: names.stream,
  ANNALS_LEDGER: names.ledger,
  ANNALS_STATE: names.state,
  ANNALS_VIEWS: names.views,
  ANNALS_RESULTS: names.results,
  ANNALS_ASIDE: names.aside,
  ANNALS_WORK_GROUP: 'annals',
  ANNALS_DATABASE: 'annals',
  ANNALS_SUPPORT_ROLES: roleArn('support'),
  ANNALS_OPERATOR_ROLES: roleArn('operator'),
  ANNALS_STALL_SECONDS: String(options.stallSeconds ?? 900),
  ANNALS_OPEN_SECONDS: String(options.openSeconds ?? 6 * 3600),
  ANNALS_NOTIFICATION_TOPIC: '',
  ANNALS_NOTIFICATION_EVENTS: options.webhook ? (options.webhook.events ?? 'schedules') : 'none',
  ANNALS_SCOPE_CLAIM: scopeClaim,
  ANNALS_DIRECTORY_FUNCTION: '',
  ANNALS_PAGE_SECRET: '',
  // Destinations are opened by `deliver/`, with a key of the data directory; there is no account.
  ANNALS_DELIVERY_KEY: 'none',
  ANNALS_ACCOUNT: '000000000000',
  ANNALS_DELIVERY_PORTS: '',
  ANNALS_CATALOGUE_MODE: options.catalogueMode ?? 'open',
  ANNALS_REFUSED_DAYS: String(options.refusedDays ?? defaultRefused.days),
  ANNALS_REFUSED_BYTES: String(options.refusedBytes ?? defaultRefused.bytes),
});

/**
 * Where a delivery goes, and the closed list of what can be wrong there. A definition holds no secret: of a URL it
 * has the origin and the path, of headers the names. The rest is stored apart, see `DestinationSecrets`.
 */

export const presets = ['splunk-hec', 'datadog', 'otlp'] as const;
export type Preset = (typeof presets)[number];

export type DirectoryDestination = { type: 'directory'; path: string };
export type S3Destination = {
  type: 's3';
  bucket: string;
  /** Without a slash at its ends. */
  prefix?: string | undefined;
  region: string;
  role_arn: string;
};
export type HttpsDestination = {
  type: 'https';
  /** Origin and path alone. */
  url: string;
  preset?: Preset | undefined;
  /** In lower case, sorted. */
  header_names?: readonly string[] | undefined;
  /** How many secrets sign each request: none, one, or two while one is rotated; absent in old records. */
  live_secrets?: number | undefined;
};
export type Destination = DirectoryDestination | S3Destination | HttpsDestination;
export type DestinationType = Destination['type'];

/** What is stored apart and encrypted, and in no definition, event, state, answer or log. Of HTTPS alone. */
export type DestinationSecrets = {
  /** The whole URL, with userinfo and query. */
  url: string;
  /** Secrets of Standard Webhooks, the newest first; two while one is rotated. */
  secrets: readonly string[];
  headers: Readonly<Record<string, string>>;
};

type Fault = {
  /** Whether the delivery stops at once, until somebody changes or resumes it. Otherwise it is tried again. */
  stops: boolean;
  meaning: string;
  cure: string;
};

/** What can be wrong with a destination. A code, an HTTP status and a time are all that health ever says of it. */
export const deliveryFaults = {
  destination_unavailable: {
    stops: false,
    meaning: 'This installation does not deliver to destinations of this type',
    cure: 'Make a new delivery to another destination, and delete this one',
  },
  secrets_unreadable: {
    stops: false,
    meaning: 'The secrets of the delivery cannot be opened with the key of this installation',
    cure: 'Set the whole URL, the secret and the headers again',
  },
  unreachable: {
    stops: false,
    meaning: 'No connection to the destination',
    cure: 'Check that the host name resolves and that the receiver is running',
  },
  timed_out: {
    stops: false,
    meaning: 'The destination did not answer in time',
    cure: 'Check the load of the receiver',
  },
  certificate_not_trusted: {
    stops: false,
    meaning: 'The certificate of the receiver is not trusted for its name',
    cure:
      'Install a certificate for this host name from a public authority, or one whose root the operator has' +
      ' added',
  },
  address_not_allowed: {
    stops: false,
    meaning: 'The host has an address that is not public, or the port is not 443',
    cure: 'Give a host whose addresses are all public, on port 443, or ask the operator to allow this one',
  },
  redirected: {
    stops: false,
    meaning: 'The receiver redirects, and redirects are not followed',
    cure: 'Make a new delivery with the URL that it redirects to',
  },
  not_authorized: {
    stops: false,
    meaning: 'The receiver does not accept the credentials',
    cure: 'Set the secret or the header again',
  },
  refused: {
    stops: false,
    meaning: 'The receiver refuses what is sent',
    cure: 'Look for the reason in the log of the receiver',
  },
  event_too_large: {
    stops: false,
    meaning: 'The event is larger than the receiver takes',
    cure: 'Nothing: it is in the log of Annals',
  },
  throttled: {
    stops: false,
    meaning: 'The receiver takes no more at this rate',
    cure: 'Raise the limit of the receiver if the lag grows',
  },
  server_error: {
    stops: false,
    meaning: 'The receiver failed',
    cure: 'Look for the reason in the log of the receiver',
  },
  unexpected_answer: {
    stops: false,
    meaning: 'The answer of the receiver could not be understood',
    cure: 'Check that the URL is that of the receiver which the preset is for',
  },
  access_denied: {
    stops: false,
    meaning: 'The role may not write into the bucket',
    cure: 'Allow s3:PutObject and s3:GetObject below the prefix to the role',
  },
  role_not_assumable: {
    stops: false,
    meaning: 'The role cannot be assumed',
    cure: 'Let its trust policy allow the principal and the external id that the delivery shows',
  },
  role_open: {
    stops: true,
    meaning: 'The role can be assumed without the external id, or with another one',
    cure: 'Demand the external id in a condition of its trust policy',
  },
  own_account: {
    stops: true,
    meaning: 'The role belongs to the account of the installation',
    cure: 'Use a bucket and a role of another account',
  },
  bucket_missing: {
    stops: true,
    meaning: 'The bucket does not exist',
    cure: 'Create it, then resume the delivery',
  },
  bucket_of_another_owner: {
    stops: true,
    meaning: 'The bucket belongs to another account than the role',
    cure: 'Use a bucket of the account that has the role',
  },
  bucket_in_another_region: {
    stops: true,
    meaning: 'The bucket is in another region',
    cure: 'Make a new delivery with the region of the bucket',
  },
  key_taken: {
    stops: true,
    meaning: 'Another object has the name of one that was to be written',
    cure: 'Move it away, then resume the delivery',
  },
  directory_not_allowed: {
    stops: true,
    meaning: 'The directory leads out of the folder of deliveries',
    cure: 'Remove the symbolic link, or name a directory below it',
  },
  directory_not_writable: {
    stops: false,
    meaning: 'The directory cannot be written to',
    cure: 'Let the user who runs Annals write to it',
  },
  over_budget: {
    stops: false,
    meaning: 'The directories of all deliveries hold as much as they may',
    cure: 'Move files out of the folder of deliveries',
  },
  disk_full: {
    stops: false,
    meaning: 'The disk is full, or has only what is reserved for events',
    cure: 'Free space on the disk',
  },
} as const satisfies Record<string, Fault>;

export type DeliveryFault = keyof typeof deliveryFaults;
export const deliveryFaultCodes = Object.keys(deliveryFaults) as [DeliveryFault, ...DeliveryFault[]];

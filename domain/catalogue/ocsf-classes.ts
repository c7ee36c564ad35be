/**
 * The classes of OCSF that an action can be delivered as, with their activities, as its schema 1.8.0 numbers them
 * (https://schema.ocsf.io/1.8.0/). An action names its class and activity in its definition. One that names none is
 * a Base Event: that is for what no class describes.
 */

type OcsfClass = {
  uid: number;
  category: number;
  caption: string;
  activities: Readonly<Record<string, number>>;
};

/** The schema that these numbers are of. */
export const ocsfVersion = '1.8.0';

export const baseEvent = { uid: 0, category: 0, caption: 'Base Event', activities: {} } satisfies OcsfClass;

export const ocsfClasses = {
  account_change: {
    uid: 3001,
    category: 3,
    caption: 'Account Change',
    activities: {
      Create: 1,
      Enable: 2,
      'Password Change': 3,
      'Password Reset': 4,
      Disable: 5,
      Delete: 6,
      'Attach Policy': 7,
      'Detach Policy': 8,
      Lock: 9,
      'MFA Factor Enable': 10,
      'MFA Factor Disable': 11,
      Unlock: 12,
    },
  },
  authentication: {
    uid: 3002,
    category: 3,
    caption: 'Authentication',
    activities: { Logon: 1, Logoff: 2 },
  },
  user_access: {
    uid: 3005,
    category: 3,
    caption: 'User Access Management',
    activities: { 'Assign Privileges': 1, 'Revoke Privileges': 2 },
  },
  api_activity: {
    uid: 6003,
    category: 6,
    caption: 'API Activity',
    activities: { Create: 1, Read: 2, Update: 3, Delete: 4 },
  },
} as const satisfies Record<string, OcsfClass>;

export type OcsfClassName = keyof typeof ocsfClasses;

/** What an action is in OCSF: for example `{ class: 'account_change', activity: 'Create' }`. */
export type OcsfMapping = {
  [Name in OcsfClassName]: { class: Name; activity: keyof (typeof ocsfClasses)[Name]['activities'] };
}[OcsfClassName];

export const isOcsfMapping = (mapping: { class: string; activity: string }): boolean =>
  Object.hasOwn(ocsfClasses, mapping.class) &&
  Object.hasOwn(ocsfClasses[mapping.class as OcsfClassName].activities, mapping.activity);

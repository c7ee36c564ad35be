/**
 * `annals/cdk`: the stack for a CDK app of a company's own. What is exported here, and nothing else, is the contract;
 * docs/deploy.md says how to use it.
 */
export type { Archive } from './archive.ts';
export type { Browse } from './browse.ts';
export type { Compact } from './compact.ts';
export type { Describe } from './describe.ts';
export type { Export } from './export.ts';
export type { Finish } from './finish.ts';
export type { Manage } from './manage.ts';
export type { Receive } from './receive.ts';
export type { Alarms } from './resources/alarms.ts';
export type { CustomersDoor, StaffDoor } from './resources/http-apis.ts';
export type { Notifications } from './resources/notifications.ts';
export type { Storage } from './resources/storage.ts';
export { type GivenSettings, type Settings, SettingsError } from './settings.ts';
export { AnnalsStack, type Stages } from './stack.ts';
export type { AnnalsStackProps } from './stack-props.ts';
export type { Tick } from './tick.ts';

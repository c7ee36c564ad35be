/** What the functions get that open destinations: deliver, which sends to them, and manage, which tests them. */
import { Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { deliveryVariables, EnvironmentOf } from '#aws/environment.ts';
import type { Permission } from '#lib/function/permission.ts';
import type { Settings } from './settings.ts';

export const deliveryEnvironment = (
  scope: IConstruct,
  settings: Pick<Settings, 'deliveryPorts'>,
  deliveryKey: string,
): Pick<EnvironmentOf<'deliver'>, (typeof deliveryVariables)[number]> => ({
  ANNALS_DELIVERY_KEY: deliveryKey,
  ANNALS_ACCOUNT: Stack.of(scope).account,
  ANNALS_DELIVERY_PORTS: settings.deliveryPorts.join(),
});

/** Assuming the roles of customers: each has to trust this account, and to demand the external id. */
export const assuming = (scope: IConstruct): Permission => ({
  actions: ['sts:AssumeRole'],
  resources: [`arn:${Stack.of(scope).partition}:iam::*:role/*`],
  conditions: { StringNotEquals: { 'aws:ResourceAccount': Stack.of(scope).account } },
  reason: 'The roles belong to customers, who name them when they set a delivery; none is of this account',
});

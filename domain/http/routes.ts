/**
 * The routes of the API, by the function that serves them. The gateways, the handlers and the OpenAPI
 * document are all made from this table.
 */
import { browseRoutes } from './routes/browse-routes.ts';
import { deliveryRoutes } from './routes/delivery-routes.ts';
import { describeRoutes } from './routes/describe-routes.ts';
import { exportRoutes } from './routes/export-routes.ts';
import { operatorRoutes } from './routes/operator-routes.ts';
import { receiveRoutes } from './routes/receive-routes.ts';
import { refusedRoutes } from './routes/refused-routes.ts';
import type { Route } from './routes/route.ts';
import { scheduleRoutes } from './routes/schedule-routes.ts';

export const routesOf = {
  receive: receiveRoutes,
  browse: browseRoutes,
  export: exportRoutes,
  manage: { ...scheduleRoutes, ...deliveryRoutes, ...operatorRoutes, ...refusedRoutes },
  describe: describeRoutes,
};

export type HttpFunction = keyof typeof routesOf;
/** The keys of the routes of a function. */
export type RouteKey<Name extends HttpFunction> = keyof (typeof routesOf)[Name];

export type ServedRoute = Route & { key: string; function: HttpFunction };

export const routes: readonly ServedRoute[] = Object.entries(routesOf).flatMap(([name, table]) =>
  Object.entries<Route>(table).map(([key, route]) => ({ key, function: name as HttpFunction, ...route })),
);

/** The alias through which a service of the company may invoke receive directly, without HTTP. */
export const directAlias = 'direct';

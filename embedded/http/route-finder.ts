/** Finds the routes of a path: literal segments take precedence over parameters. */

/** A known path: its routes by their methods, and the values of its parameters. */
export type FoundPath<Route> = { routes: ReadonlyMap<string, Route>; parameters: Record<string, string> };

type Path<Route> = { template: string[]; routes: Map<string, Route> };

const isParameter = (part: string): boolean => part.startsWith('{');

export class RouteFinder<Route extends { key: string }> {
  readonly #paths: Path<Route>[];

  constructor(routes: readonly Route[]) {
    const byPath = new Map<string, Path<Route>>();
    for (const route of routes) {
      const [method, path] = route.key.split(' ') as [string, string];
      const known = byPath.get(path) ?? { template: path.slice(1).split('/'), routes: new Map() };
      known.routes.set(method, route);
      byPath.set(path, known);
    }
    const parameters = ({ template }: Path<Route>): number => template.filter(isParameter).length;
    this.#paths = [...byPath.values()].sort((a, b) => parameters(a) - parameters(b));
  }

  find(segments: readonly string[]): FoundPath<Route> | undefined {
    const path = this.#paths.find(
      ({ template }) =>
        template.length === segments.length &&
        template.every((part, at) => (isParameter(part) ? segments[at] !== '' : part === segments[at])),
    );
    return (
      path && {
        routes: path.routes,
        parameters: Object.fromEntries(
          path.template.flatMap((part, at) =>
            isParameter(part) ? [[part.slice(1, -1), segments[at]!]] : [],
          ),
        ),
      }
    );
  }
}

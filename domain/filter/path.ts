/**
 * The place of a value within the JSON of a field, as a filter names it: `pull_request.branch`. Each step is the name
 * of a member; one with characters that mean something here is quoted, as in `"a.b".c`, with `\"` and `\\` within.
 */

/** The fields that have paths. */
export const pathFields = ['payload', 'metadata'] as const;
export type PathField = (typeof pathFields)[number];
export type Path = readonly string[];

export const isPathField = (field: string): field is PathField =>
  (pathFields as readonly string[]).includes(field);

/** How many steps a path may have, and how many characters its text. */
export const maxSteps = 16;
export const maxPathUnits = 512;

const step = /"((?:[^"\\]|\\["\\])*)"|([^\s".,:()*\\-][^\s".,:()*\\]*)/y;
const bareStep = /^[^\s".,:()*\\-][^\s".,:()*\\]*$/;

/** The path that begins at `at`, and where it ends. */
export const readPath = (
  text: string,
  at: number,
): { path: Path; end: number } | { fault: string; at: number } => {
  const path: string[] = [];
  for (let end = at; ; end++) {
    step.lastIndex = end;
    const found = step.exec(text);
    if (!found) return { fault: 'Expected a path such as pull_request.branch', at: end };
    path.push(found[2] ?? found[1]!.replaceAll(/\\(["\\])/g, '$1'));
    end = step.lastIndex;
    if (path.length > maxSteps || end - at > maxPathUnits)
      return { fault: `Expected a path of at most ${maxSteps} steps and ${maxPathUnits} characters`, at };
    if (text[end] !== '.') return { path, end };
  }
};

/** The text that `readPath` reads back. */
export const printPath = (path: Path): string =>
  path.map(name => (bareStep.test(name) ? name : `"${name.replaceAll(/["\\]/g, '\\$&')}"`)).join('.');

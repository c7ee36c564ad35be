/**
 * The runbook as the dashboard shows it, so that whoever gets an alarm has it at hand, wherever the stack was deployed
 * from.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const path = join(import.meta.dirname, '..', '..', 'docs', 'runbook.md');

/** The section of each alarm, by its heading. The console shows no other file, so links are their text alone. */
export const readRunbook = (): ReadonlyMap<string, string> => {
  const [, ...sections] = readFileSync(path, 'utf8').split(/^## /m);
  return new Map(
    sections.map(section => {
      const [heading = ''] = section.split('\n');
      return [heading.trim(), `## ${section.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').trim()}`];
    }),
  );
};

/** The address of the dashboard of an installation in the console. */
export const dashboardUrl = (region: string, name: string): string =>
  `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#dashboards/dashboard/${name}`;

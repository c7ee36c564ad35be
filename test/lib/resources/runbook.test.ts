import { describe, expect, it } from 'vitest';
import { dashboardUrl, readRunbook } from '#lib/resources/runbook.ts';

describe('the runbook on the dashboard', () => {
  it('has each section under its heading, without the introduction, and links as their text', () => {
    const runbook = readRunbook();
    const section = runbook.get('open-gaps')!;
    expect(section).toMatch(/^## open-gaps\n/);
    expect(section).not.toMatch(/\n## /);
    for (const text of runbook.values()) expect(text).not.toMatch(/\]\(/);
    expect([...runbook.keys()]).not.toContain('Runbook');
  });

  it('is found by an absolute URL', () => {
    expect(new URL(dashboardUrl('eu-west-1', 'Annals')).hash).toBe('#dashboards/dashboard/Annals');
  });
});

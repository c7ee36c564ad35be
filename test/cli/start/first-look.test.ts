import { describe, expect, it, vi } from 'vitest';
import { openSampleDirectory } from '#cli/sample/sample-directory.ts';
import { showSample, showWelcome } from '#cli/start/first-look.ts';
import { startInstallation } from '#embedded/installation.ts';
import { askAsPage, post } from '#test/support/page.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const said = vi.hoisted(() => ({ text: '' }));
vi.mock('#cli/output.ts', async original => ({
  ...(await original<object>()),
  printText: async (text: string) => {
    said.text += `${text}\n`;
  },
}));

const starting = async () => {
  said.text = '';
  const data = await temporaryDirectory();
  const mark = await openSampleDirectory(data, Date.now());
  return { mark, running: await startInstallation({ data, log: () => undefined }) };
};
const lookAt = async (url: string): Promise<unknown> => {
  const [, login] = /\/#login=([\w-]{43})\n$/.exec(said.text)!;
  return (await askAsPage(url, '/v1/session/link', post({ login }))).json();
};

describe('what annals start shows', () => {
  it('is a link for the operator on a terminal, and no link in a log', async () => {
    const { running } = await starting();
    try {
      await showWelcome(running, undefined, false);
      expect(said.text).toContain('Annals listens on');
      expect(said.text).not.toContain('#login=');
      await showWelcome(running, undefined, true);
      expect(await lookAt(running.url)).toMatchObject({ role: 'operator', scope_id: null });
      said.text = '';
      await showWelcome(running, 'http://audit.example.com', true);
      expect(said.text).not.toContain('#login=');
    } finally {
      await running.stop();
    }
  });

  it('is of the sample a link to its scope alone', async () => {
    const { running, mark } = await starting();
    try {
      const end = await showSample(running, mark, undefined);
      await end();
      expect(await lookAt(running.url)).toMatchObject({ role: 'admin', scope_id: 'acme', user_id: 'ada' });
    } finally {
      await running.stop();
    }
  });

  it('is not a sample at a URL where nobody could sign in, and nothing is filled', async () => {
    const { running, mark } = await starting();
    try {
      await expect(showSample(running, mark, 'http://audit.example.com')).rejects.toThrow(
        'Nobody can sign in at http://audit.example.com',
      );
      expect(said.text).toBe('');
    } finally {
      await running.stop();
    }
  });
});

/** Builds the page once for all files. */
import { buildPage } from '#tools/build-page.ts';

export const setup = async (): Promise<void> => {
  await buildPage();
};

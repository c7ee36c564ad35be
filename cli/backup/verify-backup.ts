/** Reads every file of backups, and reports those that are missing or damaged. */
import { fewAtOnce } from '#aws/few-at-once.ts';
import type { BackupStore } from './store.ts';

export type Verified = {
  backups: { name: string; files: number; bytes: number; damaged: string[] }[];
  /** Manifests that cannot be read. */
  unreadable: string[];
};

export const verifyBackups = async (
  store: BackupStore,
  backups: readonly string[],
  onFile: (files: number) => void,
): Promise<Verified> => {
  const verified: Verified = { backups: [], unreadable: [] };
  /** What several backups hold is read once. */
  const whole = new Map<string, boolean>();
  for (const name of backups) {
    const manifest = await store.manifest(name).catch(error => {
      if ((error as Error).name !== 'ManifestError') throw error;
      verified.unreadable.push((error as Error).message);
      return undefined;
    });
    if (!manifest) continue;
    const { files } = manifest;
    const found = await fewAtOnce(
      files,
      async file => {
        const known = whole.get(file.sha256);
        const isWhole = known ?? (await store.isWhole(file));
        if (known === undefined && !isWhole) await store.putAside(file);
        whole.set(file.sha256, isWhole);
        onFile(whole.size);
        return isWhole ? [] : [file.path];
      },
      4,
    );
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    verified.backups.push({ name, files: files.length, bytes, damaged: found.flat().sort() });
  }
  return verified;
};

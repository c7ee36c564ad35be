/** Finds the known name that somebody probably meant. */
import leven from 'leven';

/**
 * Undefined if no name is near: at most a quarter of the letters may differ. Names that cannot be near are
 * not compared.
 */
export const nearMiss = (name: string, known: readonly string[]): string | undefined => {
  let nearest: { name: string; distance: number } | undefined;
  for (const candidate of known) {
    const limit = Math.ceil(candidate.length / 4);
    if (Math.abs(candidate.length - name.length) > limit) continue;
    const distance = leven(candidate, name);
    if (distance <= limit && (nearest === undefined || distance < nearest.distance))
      nearest = { name: candidate, distance };
  }
  return nearest?.name;
};

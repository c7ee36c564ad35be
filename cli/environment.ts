/** What the environment sets. Compose files and templates write empty variables: one that is empty is unset. */

export const setting = (name: string): string | undefined => process.env[name] || undefined;

/** Environment variables. An empty one counts as unset, since Compose files and templates write empty ones. */

export const setting = (name: string): string | undefined => process.env[name] || undefined;

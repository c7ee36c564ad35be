/** The origins whose pages may hold the Audit Log page in a frame: https, or this machine. */
import { isLoopback } from '#domain/loopback.ts';

/** A list separated by commas; or its fault, as the end of a sentence that begins with its name. */
export const parseEmbedOrigins = (text: string): { origins: string[] } | { fault: string } => {
  const origins: string[] = [];
  for (const part of text.split(',').map(name => name.trim())) {
    const url = URL.canParse(part) ? new URL(part) : undefined;
    // They become part of a policy: nothing but an origin, as a browser prints it.
    if (!url || url.origin !== part || !/^https?:\/\/[a-z0-9.:[\]-]+$/.test(part))
      return {
        fault: 'is not a list of origins; expected such as https://app.example.com,https://other.example',
      };
    if (url.protocol !== 'https:' && !isLoopback(url.hostname))
      return { fault: 'has an origin without https; only one on this machine may be without' };
    if (!origins.includes(part)) origins.push(part);
  }
  return { origins };
};

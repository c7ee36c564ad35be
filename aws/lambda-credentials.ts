/**
 * A function's credentials, which Lambda sets in its environment. In bundles this replaces the SDK's own
 * search for credentials (files, sign-on, instance metadata), which is an eighth of a bundle and finds
 * nothing on Lambda.
 */

type Credentials = { accessKeyId: string; secretAccessKey: string; sessionToken?: string };

/** The name that the SDK's clients import. */
export const defaultProvider = () => async (): Promise<Credentials> => {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY)
    throw new Error(
      'The environment contains no credentials; Lambda sets AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
    );
  return {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    ...(AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {}),
  };
};

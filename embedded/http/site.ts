/**
 * The site of the Audit Log page: by which URL browsers reach it, and so which hosts, which origin and
 * which cookie are its own. The public URL alone decides if there is one; otherwise it is the address that
 * the server listens on, and the names of this machine. A page elsewhere that has its own name resolve to
 * this server (DNS rebinding) so gets neither the page nor a session.
 */
import { isIPv6 } from 'node:net';
import { isLoopback } from '#domain/loopback.ts';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** A request for the page: `origin` is that of the page, as this request reached it. */
export type PageRequest = { origin: string; mayCarryPasswords: boolean };

const anyAddress = ['0.0.0.0', '::'];

export class Site {
  readonly #publicUrl: URL | undefined;
  /** Origins by the `Host` of their requests. */
  #origins: ReadonlyMap<string, string> = new Map();
  #port = '';

  constructor(publicUrl?: string) {
    this.#publicUrl = publicUrl === undefined ? undefined : new URL(publicUrl);
    if (this.#publicUrl) this.#origins = new Map([[this.#publicUrl.host, this.#publicUrl.origin]]);
  }

  /** Where the server listens: the host as configured, and its URL. */
  listensOn(host: string, url: string): void {
    this.#port = new URL(url).port || '80';
    if (this.#publicUrl) return;
    const own = anyAddress.includes(host) ? [] : [isIPv6(host) ? `[${host}]` : host];
    this.#origins = new Map(
      ['127.0.0.1', 'localhost', '[::1]', ...own].map(name => {
        const { host: printed, origin } = new URL(`http://${name}:${this.#port}`);
        return [printed, origin];
      }),
    );
  }

  /** Undefined if the `Host` is not that of the page. */
  recognize({ host }: Headers): PageRequest | undefined {
    const printed = typeof host === 'string' ? printHost(host, this.#isSecure) : undefined;
    const origin = printed === undefined ? undefined : this.#origins.get(printed);
    if (origin === undefined) return undefined;
    return { origin, mayCarryPasswords: this.#isSecure || isLoopback(new URL(origin).hostname) };
  }

  /** The hosts of the page, for a message. */
  get hosts(): string[] {
    return [...this.#origins.keys()];
  }

  get #isSecure(): boolean {
    return this.#publicUrl?.protocol === 'https:';
  }

  /** The path below which the page is, with a final slash. */
  get path(): string {
    return `${this.#publicUrl?.pathname.replace(/\/+$/, '') ?? ''}/`;
  }

  /**
   * `__Host-` needs the path `/` (RFC 6265bis, 4.1.3). Cookies ignore ports, so without https the name has
   * it.
   */
  get #cookieName(): string {
    if (this.#isSecure) return this.path === '/' ? '__Host-annals' : '__Secure-annals';
    return `annals-${this.#publicUrl ? this.#publicUrl.port || '80' : this.#port}`;
  }

  /** The `Set-Cookie` of a session; without an id, one that removes it. */
  printCookie(id: string | undefined): string {
    const path = this.path === '/' ? '/' : this.path.slice(0, -1);
    return [
      `${this.#cookieName}=${id ?? ''}`,
      `Path=${path}`,
      ...(id === undefined ? ['Max-Age=0'] : []),
      ...(this.#isSecure ? ['Secure'] : []),
      'HttpOnly',
      'SameSite=Strict',
    ].join('; ');
  }

  /** The session's id that a request was sent with. Of two nobody knows whose they are, so neither counts. */
  readCookie({ cookie }: Headers): string | undefined {
    const values = (typeof cookie === 'string' ? cookie.split(';') : [])
      .map(part => part.trim())
      .filter(part => part.startsWith(`${this.#cookieName}=`))
      .map(part => part.slice(this.#cookieName.length + 1));
    return values.length === 1 && values[0] !== '' ? values[0] : undefined;
  }
}

/** A `Host` as a URL has it: lowercase, without the usual port. Undefined if it is not a host. */
const printHost = (host: string, isSecure: boolean): string | undefined => {
  const url = `${isSecure ? 'https' : 'http'}://${host}`;
  return /^[\w.:[\]-]+$/.test(host) && URL.canParse(url) ? new URL(url).host : undefined;
};

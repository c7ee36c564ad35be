/**
 * The whole view as text, which stands in the URL's fragment: a fragment is never sent, so names and
 * addresses get into no log. Parsing never throws: it takes what it can read, and says what it could not.
 * Printing never cuts.
 */
import { parseRange, printRange, type Range } from './range.ts';
import { isZone, type Zone } from './time.ts';

export const tabs = ['log', 'exports', 'schedules', 'deliveries', 'admins', 'gaps'] as const;
export type Tab = (typeof tabs)[number];
export const columns = [
  'time',
  'action',
  'actor',
  'target',
  'outcome',
  'address',
  'request',
  'trace',
  'id',
] as const;
export type Column = (typeof columns)[number];

export type View = {
  tab: Tab;
  /** Whose log a link was made of; undefined if it goes for any. */
  scope: string | undefined;
  /** As it was typed: it may be faulty. */
  query: string;
  range: Range;
  /** In which zone times are shown; `local` is that of the browser. */
  zone: Zone | 'local';
  columns: readonly Column[];
  order: 'newest' | 'oldest';
  density: 'comfortable' | 'compact';
  isWrapped: boolean;
  isLive: boolean;
  /** The event that is open. */
  event: { id: string; occurredAt: string } | undefined;
  /** What is open in another tab, such as an export, by its id. */
  item: string | undefined;
};

export const defaultView: View = {
  tab: 'log',
  scope: undefined,
  query: '',
  range: { kind: 'relative', last: '7d', zone: 'UTC' },
  zone: 'local',
  columns: ['time', 'action', 'actor', 'target', 'outcome', 'address'],
  order: 'newest',
  density: 'comfortable',
  isWrapped: false,
  isLive: false,
  event: undefined,
  item: undefined,
};

/** A link of more bytes than this is cut by some programs that hand it on. */
export const maxLinkBytes = 6 * 1024;

/** The fragment, with its `#`. */
export const printView = (view: View): string => {
  const { event, scope, item } = view;
  const parts: [string, string][] = [
    ...(scope === undefined ? [] : [['scope', scope] as [string, string]]),
    ...(view.query === '' ? [] : [['q', view.query] as [string, string]]),
    // Always, so that a link means the same after the default has changed.
    ['range', printRange(view.range)],
    ['zone', view.zone],
    ['columns', view.columns.join(',')],
    ['order', view.order],
    ['density', view.density],
    ['wrap', String(view.isWrapped)],
    ['live', String(view.isLive)],
    ...(event ? [['event', `${event.id}@${event.occurredAt}`] as [string, string]] : []),
    ...(item === undefined ? [] : [['item', item] as [string, string]]),
  ];
  const usual: Partial<Record<string, string>> = {
    zone: defaultView.zone,
    columns: defaultView.columns.join(','),
    order: defaultView.order,
    density: defaultView.density,
    wrap: 'false',
    live: 'false',
  };
  const query = parts
    .filter(([name, value]) => usual[name] !== value)
    .map(([name, value]) => `${name}=${encode(value)}`);
  return `#/${view.tab}?${query.join('&')}`;
};

/** As `encodeURIComponent`, which throws for half of a surrogate pair; what reads well in a link stays. */
const encode = (text: string): string =>
  encodeURIComponent(text.toWellFormed()).replaceAll(/%(?:3A|2C|2F|40)/g, code => decodeURIComponent(code));

type Part = Partial<View>;

/** How each parameter is read; undefined if it cannot be. */
const readers: Readonly<Record<string, (text: string) => Part | undefined>> = {
  scope: scope => (scope === '' ? undefined : { scope }),
  q: query => ({ query }),
  range: text => {
    const range = parseRange(text);
    return range && { range };
  },
  zone: zone => (zone === 'local' || isZone(zone) ? { zone } : undefined),
  columns: text => {
    const names = text.split(',');
    const isKnown = names.every(name => (columns as readonly string[]).includes(name));
    return isKnown && new Set(names).size === names.length ? { columns: names as Column[] } : undefined;
  },
  order: order => (order === 'newest' || order === 'oldest' ? { order } : undefined),
  density: density => (density === 'comfortable' || density === 'compact' ? { density } : undefined),
  wrap: text => (/^(true|false)$/.test(text) ? { isWrapped: text === 'true' } : undefined),
  live: text => (/^(true|false)$/.test(text) ? { isLive: text === 'true' } : undefined),
  event: text => {
    const [, id, occurredAt] = /^([0-9a-f-]{36})@(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z)$/.exec(text) ?? [];
    return id === undefined ? undefined : { event: { id, occurredAt: occurredAt! } };
  },
  item: item => (item === '' ? undefined : { item }),
};

/** The view of a fragment, and the parts of it that could not be read, as they stand there. */
export const parseView = (fragment: string): { view: View; faults: string[] } => {
  const faults: string[] = [];
  const [path = '', ...rest] = fragment.replace(/^#/, '').split('?');
  const tab = path.replace(/^\//, '') || 'log';
  let view: View = defaultView;
  if ((tabs as readonly string[]).includes(tab)) view = { ...view, tab: tab as Tab };
  else faults.push(tab);
  for (const part of rest.join('?').split('&').filter(Boolean)) {
    const at = part.indexOf('=');
    const name = at < 0 ? part : part.slice(0, at);
    const value = at < 0 ? undefined : decode(part.slice(at + 1));
    const read = Object.hasOwn(readers, name) && value !== undefined ? readers[name]!(value) : undefined;
    if (read) view = { ...view, ...read };
    else faults.push(part);
  }
  return { view, faults };
};

const decode = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
};

/** Whether the link is longer than every program hands on whole. */
export const isLongLink = (url: string): boolean => new TextEncoder().encode(url).length > maxLinkBytes;

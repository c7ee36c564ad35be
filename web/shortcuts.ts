/**
 * Whether single keys go from event to event. Somebody who speaks to the browser, or hits keys by accident, turns them
 * off (https://www.w3.org/TR/WCAG22/#character-key-shortcuts); the browser keeps it.
 */
import { browserStorage } from './safe-storage.ts';

const key = 'annals-shortcuts';
const off = 'off';

export const hasShortcuts = (from = browserStorage): boolean => from.getItem(key) !== off;

export const setShortcuts = (isOn: boolean, to = browserStorage): void => to.setItem(key, isOn ? 'on' : off);

/**
 * The form of delivered events: each row becomes one line of I-JSON. A form never changes once it is released: a
 * run is frozen with the version of its form, and a try of it years later gives the same text. A change is a new
 * version; the old one stays in the code.
 */
import type { Cells } from '#domain/filter/filter.ts';

export const deliveryFormats = ['json', 'ocsf'] as const;
export type DeliveryFormat = (typeof deliveryFormats)[number];

export type Form = {
  format: DeliveryFormat;
  /** From 1. */
  version: number;
  /** The line of a row, with a newline at its end and none within. Pure, and never throws on a stored row. */
  line(cells: Cells): string;
};

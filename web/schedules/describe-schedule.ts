/** When a schedule runs, in words; and the body that sets it again, with a change. */
import type { Api } from '#domain/http/shapes/shapes.ts';
import { laterWords } from '../words/later-words.ts';
import { say } from '../words.ts';

const { schedules: texts } = laterWords;
export type Schedule = Api<'Schedule'>;

export const describeSchedule = ({ every, on, at, time_zone: zone }: Schedule): string => {
  if (every === 'daily') return say(texts.daily, { at, zone });
  if (every === 'monthly') return say(texts.monthly, { on: String(on), at, zone });
  const day = String(on);
  const name = Object.hasOwn(texts.days, day) ? texts.days[day as keyof typeof texts.days] : day;
  return say(texts.weekly, { on: name, at, zone });
};

/** All that was set, as it was set, but paused or not: the server takes a schedule as a whole. */
export const withPaused = (
  { every, on, at, time_zone, from, requested_by, reason, format, compression }: Schedule,
  paused: boolean,
) => ({ every, on, at, time_zone, from, requested_by, reason, format, compression, paused });

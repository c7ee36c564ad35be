/** The sections of the catalogue that the log does without: they load with the first view that wants one of them. */
import { activityWords } from './activity-words.ts';
import { deliveryFormWords } from './delivery-form-words.ts';
import { deliveryWords } from './delivery-words.ts';
import { embedWords } from './embed-words.ts';
import { eventWords } from './event-words.ts';
import { exportDetailWords } from './export-detail-words.ts';
import { exportWords } from './export-words.ts';
import { logDetailWords } from './log-detail-words.ts';
import { scheduleWords } from './schedule-words.ts';
import { suggestWords } from './suggest-words.ts';

export const laterWords = {
  embed: embedWords,
  event: eventWords,
  log: logDetailWords,
  suggest: suggestWords,
  exports: exportWords,
  exportDetails: exportDetailWords,
  schedules: scheduleWords,
  deliveries: deliveryWords,
  deliveryForm: deliveryFormWords,
  activity: activityWords,
  unreadable: '{n} {n|record|records} of this list cannot be read; the operational log names them.',
} as const;

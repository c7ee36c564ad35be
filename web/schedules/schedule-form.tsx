/** Creates a schedule. */
import Checkbox from '@cloudscape-design/components/checkbox';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import RadioGroup from '@cloudscape-design/components/radio-group';
import { useState } from 'react';
import { Confirm } from '../confirm.tsx';
import { usePage } from '../page-context.tsx';
import { pathId } from '../path-id.ts';
import { refuseKnown } from '../refuse-known.ts';
import { laterWords } from '../words/later-words.ts';

const { schedules: texts, exports: exportTexts } = laterWords;
type Every = keyof typeof texts.everies;
const everies = Object.keys(texts.everies) as Every[];
type Weekday = keyof typeof texts.days;
const weekdays = Object.keys(texts.days) as Weekday[];
type Format = keyof typeof exportTexts.formats;
const formats = Object.keys(exportTexts.formats) as Format[];

type FormProps = { path: string; onCreated: () => Promise<void>; onClose: () => void };

export const ScheduleForm = ({ path, onCreated, onClose }: FormProps) => {
  const { api, session, zone } = usePage();
  const [id, setId] = useState('');
  const [every, setEvery] = useState<Every>('weekly');
  const [weekday, setWeekday] = useState<Weekday>('monday');
  const [day, setDay] = useState('1');
  const [at, setAt] = useState('06:00');
  const [timeZone, setTimeZone] = useState(zone);
  const [owner, setOwner] = useState('');
  const [format, setFormat] = useState<Format>('csv');
  const [isGzip, setGzip] = useState(false);
  const isStaff = session.role !== 'admin';
  const create = async (): Promise<void> => {
    const body = {
      every,
      ...(every === 'weekly' ? { on: weekday } : every === 'monthly' ? { on: Number(day) } : {}),
      at,
      time_zone: timeZone,
      format,
      ...(isGzip ? { compression: 'gzip' } : {}),
      ...(isStaff ? { requested_by: owner } : {}),
      ...(session.reason === null ? {} : { reason: session.reason }),
    };
    await refuseKnown(api, `${path}/${pathId(id)}`, texts.exists);
    await api.text('PUT', `${path}/${pathId(id)}`, { body });
    await onCreated();
  };
  return (
    <Confirm
      title={texts.create}
      verb={texts.save}
      isReady={id !== '' && (!isStaff || owner !== '')}
      run={create}
      onClose={onClose}
    >
      <FormField label={texts.name} description={texts.nameHint}>
        <Input value={id} onChange={({ detail }) => setId(detail.value)} />
      </FormField>
      <FormField label={texts.every}>
        <RadioGroup
          value={every}
          onChange={({ detail }) => setEvery(detail.value as Every)}
          items={everies.map(value => ({ value, label: texts.everies[value] }))}
        />
      </FormField>
      {every === 'weekly' && (
        <FormField label={texts.onWeekday}>
          <RadioGroup
            direction="horizontal"
            value={weekday}
            onChange={({ detail }) => setWeekday(detail.value as Weekday)}
            items={weekdays.map(value => ({ value, label: texts.days[value] }))}
          />
        </FormField>
      )}
      {every === 'monthly' && (
        <FormField label={texts.onDay}>
          <Input type="number" value={day} onChange={({ detail }) => setDay(detail.value)} />
        </FormField>
      )}
      <FormField label={texts.at} description={texts.atHint}>
        <Input value={at} onChange={({ detail }) => setAt(detail.value)} />
      </FormField>
      <FormField label={texts.zone} description={texts.zoneHint}>
        <Input value={timeZone} onChange={({ detail }) => setTimeZone(detail.value)} />
      </FormField>
      {isStaff && (
        <FormField label={exportTexts.requestedBy} description={exportTexts.requestedByHint}>
          <Input value={owner} onChange={({ detail }) => setOwner(detail.value)} />
        </FormField>
      )}
      <FormField label={exportTexts.format}>
        <RadioGroup
          value={format}
          onChange={({ detail }) => setFormat(detail.value as Format)}
          items={formats.map(value => ({ value, label: exportTexts.formats[value] }))}
        />
      </FormField>
      <Checkbox checked={isGzip} onChange={({ detail }) => setGzip(detail.checked)}>
        {exportTexts.gzip}
      </Checkbox>
    </Confirm>
  );
};

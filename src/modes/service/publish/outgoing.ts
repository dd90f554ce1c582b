/** What the service publishes: one CloudEvent a row, under the id of its prediction. */
import type { NewEvent } from '../../../brokers/broker.ts';
import { writeEvent } from '../../../events/cloud-event.ts';
import { keyAttributes, keyJson, keyOfJson } from '../../../events/key.ts';
import type { Answered } from '../../../monitor/answered.ts';
import { type AnsweredRow, answeredRows } from './answered-rows.ts';
import type { Publish } from './settings.ts';

const outgoing = (
  { id, input, output }: AnsweredRow,
  { model: { name, version, digest, variant = 'stable', experiment }, traceparent }: Answered,
  { deployment, topic, keyOf, format }: Publish,
  time: string,
): NewEvent => {
  const key = keyOfJson(keyOf?.(input)) ?? Buffer.from(id);
  const attributes = {
    specversion: '1.0',
    id,
    source: `/millrace/service/${deployment}`,
    type: 'millrace.answer',
    ...keyAttributes(key),
    time,
    variant,
    ...(experiment !== undefined && { experiment }),
    traceparent,
  };
  const data = { id, key: keyJson(key), deployment, model: name, version, digest, input, prediction: output };
  return writeEvent({ topic, key, attributes, data }, format);
};

/** The events of a call, each made when it is asked for. `at` in milliseconds since the epoch. */
export function* outgoingEvents(answered: Answered, publish: Publish, at: number): Generator<NewEvent> {
  const time = new Date(at).toISOString();
  for (const row of answeredRows(answered)) yield outgoing(row, answered, publish, time);
}

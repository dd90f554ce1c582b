/** `labels:` of a deployment: where what came true is read, again and again. */
import { duration, oneOrMore, text } from './schema-words.ts';

/** A query that is asked every so often, or a topic. */
export interface LabelsSettings {
  readonly connection?: string;
  readonly sql?: string;
  readonly topic?: string;
  readonly key?: string | readonly string[];
  readonly truth: string | Readonly<Record<string, string>>;
  readonly every?: string;
  readonly overlap?: string;
  readonly wait?: string;
}

const key = oneOrMore(
  'Fields of the recorded row that name what it is about, such as ride_id, or ride_id=trip where it is called otherwise here; the id of the prediction, in id, unless given',
  'ride_id',
);
const truth = {
  description: 'What says what came true: the name of one column or field, or one for each output',
  oneOf: [
    text('a column'),
    { type: 'object', minProperties: 1, additionalProperties: text('a column'), description: 'output: column' },
  ],
};

const wait = duration('how long a label waits for a prediction that has not come', '30d');

export const labelsSetting = {
  description: 'Where what came true is read: a query that is asked every so often, or a topic',
  oneOf: [
    {
      description: 'A query',
      type: 'object',
      additionalProperties: false,
      required: ['connection', 'sql', 'truth'],
      properties: {
        connection: text('One of the connections: a database'),
        sql: text('A query of what changed from :from (inclusive) to :to (exclusive)'),
        key,
        truth,
        every: duration('how often it is asked', '1h'),
        overlap: duration('how much of the time before is asked for again, for what is committed late', '1h'),
        wait,
      },
    },
    {
      description: 'A topic',
      type: 'object',
      additionalProperties: false,
      required: ['topic', 'truth'],
      properties: { topic: text('Whose events are labels: objects of JSON, also as CloudEvents'), key, truth, wait },
    },
  ],
} as const;

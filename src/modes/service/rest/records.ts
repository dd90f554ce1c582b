/** What was predicted, read again by its id, the truth told of it later, and what was predicted better. */
import { setTimeout as pause } from 'node:timers/promises';
import { checkModel } from '../../../access/doorkeeper.ts';
import { fail, type MillraceError } from '../../../core/errors.ts';
import type { Recorder } from '../../../monitor/recorder.ts';
import type { Kept } from '../../../monitor/records/records.ts';
import { toldJson } from '../../../text/exact-json.ts';
import { isAnyOpen, isOpen, type Opened, recordsClosed } from '../access.ts';
import { inTime } from '../in-time.ts';
import type { Limits } from '../limits.ts';
import type { Better } from '../publish/better.ts';
import type { Publishing, Quick } from '../publish/publishing.ts';
import { readSmallJson } from '../reading/small-json.ts';
import { betterEvents } from './better-events.ts';
import { bodyOf, deadlineOf } from './call.ts';
import type { Guard } from './guard.ts';
import { identity, json, type Operation, object, ref } from './operation.ts';
import type { LongAnswer, RestAnswer, RestRequest, Route } from './route.ts';

/** A prediction that there is a record of, or that this process remembers because it was published. */
type Found = Omit<Kept, 'coerced' | 'variant'> & Partial<Pick<Kept, 'variant'>>;

/** Texts of a record that are JSON already go into the answer as they are, so that no digit changes. */
const keptAsJson = (kept: Found, better?: readonly Better[]): string => {
  const { id, at, model, version, digest, ms, input, output, error, label, experiment } = kept;
  // Outside of a rollout there is nobody else who could have answered.
  const variant = experiment === undefined ? undefined : kept.variant;
  // Of a model that was served from a folder, the reference is a path of this machine.
  const deployment = /[/\\]/.test(kept.deployment) ? `${model}@${version}` : kept.deployment;
  const told = JSON.stringify({ id, at, deployment, model, version, digest, variant, experiment, ms }).slice(0, -1);
  const answer = output === undefined ? `"error":${error}` : `"prediction":${output}`;
  const truth = label === undefined ? '' : `,"label":${label.truth},"labelled":"${label.at}"`;
  return `${told},"input":${input},${answer}${truth}${better === undefined ? '' : `,"better":${listOf(better)}`}}`;
};
const listOf = (better: readonly Better[]): string => `[${better.map(({ json }) => json).join(',')}]`;

const quickAsKept = ({ at, input, output, ...quick }: Quick): Found => ({
  ...quick,
  at: new Date(at).toISOString(),
  ms: Math.round(quick.ms * 1000) / 1000,
  input: toldJson(input),
  output: toldJson(output),
});

/** The id by which row 0 of a call of one row goes too. */
const alias = (id: string): string => (id.endsWith('.0') ? id.slice(0, -2) : `${id}.0`);

/** Milliseconds between two looks at what another process may have written. */
const LOOK_MS = 100;

const tooLate = (): MillraceError =>
  fail('DEADLINE_EXCEEDED', 'The time allowed for this request ran out before the records could be read.', {
    expected: 'an answer in time',
    got: 'a deadline that has passed',
  });

export interface RecordRoutes {
  readonly recorder: Recorder | undefined;
  readonly publishing: Publishing | undefined;
  readonly limits: Limits;
  /** Of which deployments records may be read and labelled. */
  readonly opened: Opened;
  readonly guard: Guard;
  /** Milliseconds until what another process of the service has answered is known here. */
  readonly patienceMs: number;
}

const unknown = (id: string): Error =>
  fail('NOT_FOUND', `There is no record of ${id}: it was not sampled, is not kept any more, or never was.`, {
    expected: 'the id of a recorded prediction',
    got: id.slice(0, 80),
  });

const noRecords = (): MillraceError =>
  fail('NOT_FOUND', 'This service keeps no records; start it with --record all or --record sample=0.1.', {
    expected: 'a service that keeps records',
  });

/** What is known of a prediction, in records and in what was published. */
const createFinder = ({ recorder, publishing, patienceMs }: Omit<RecordRoutes, 'limits' | 'opened' | 'guard'>) => {
  const betterOf = (id: string): readonly Better[] => {
    const better = publishing?.better?.of(id) ?? [];
    return better.length > 0 ? better : (publishing?.better?.of(alias(id)) ?? []);
  };
  const findOnce = async (id: string): Promise<Found | undefined> => {
    const kept = await recorder?.find(id);
    if (kept !== undefined) return kept;
    const quick = publishing?.quick(id);
    return quick && quickAsKept(quick);
  };
  /** Undefined for what is nowhere, though there may be better predictions of it. @throws DEADLINE_EXCEEDED */
  const find = (id: string, deadline: number): Promise<Found | undefined> => {
    const look = async (): Promise<Found | undefined> => {
      const until = Math.min(deadline, performance.now() + patienceMs);
      for (;;) {
        const found = await findOnce(id);
        if (found !== undefined || performance.now() >= until || betterOf(id).length > 0) return found;
        await pause(LOOK_MS);
      }
    };
    return inTime(look(), deadline, tooLate);
  };
  return { betterOf, find };
};

const record = object(
  {
    id: { type: 'string' },
    at: { type: 'string', format: 'date-time' },
    deployment: { type: 'string' },
    ...identity,
    variant: { enum: ['stable', 'candidate'], description: 'Of a row that was answered within a rollout.' },
    experiment: { type: 'string', description: 'The rollout within which it was answered.' },
    ms: { type: 'number' },
    input: { description: 'The row as it was sent.' },
    prediction: { type: 'object' },
    error: ref('Problem'),
    label: { type: 'object', description: 'What the prediction should have been, as told last.' },
    labelled: { type: 'string', format: 'date-time' },
  },
  ['id', 'at', 'deployment', 'model', 'version', 'digest', 'ms', 'input'],
);
const failing = { default: { description: 'Refused, or not there.', content: json(ref('Error')) } };
const responses = { 200: { description: 'The record.', content: json(record) }, ...failing };
const readOperation: Operation = {
  summary: 'What was predicted, where records are kept',
  tags: ['records'],
  responses,
};
const labelOperation: Operation = {
  summary: 'Tell what a prediction should have been',
  tags: ['records'],
  requestBody: {
    required: true,
    content: json({ type: 'object', minProperties: 1, description: 'Some fields of the output.' }),
  },
  responses,
};
const eventsOperation: Operation = {
  summary: 'Better predictions as they come, as Server-Sent Events',
  tags: ['records'],
  responses: {
    200: { description: 'Events `better`, and `end` at last.', content: { 'text/event-stream': {} } },
    ...failing,
  },
};

/**
 * Ids that services gave have no slash, and cannot be guessed. Those of streams and batch runs can be, so that they are for
 * those alone who may read the database. @throws NOT_FOUND
 */
const idOf = ({ params }: RestRequest): string => {
  const { id } = params as { readonly id: string };
  if (id.includes('/')) throw unknown(id);
  return id;
};

/** Where nothing is recorded or published, the addresses say so; they are told of where they are open. */
export const recordRoutes = (options: RecordRoutes): readonly Route[] => {
  const { recorder, publishing, limits, opened, guard } = options;
  const { betterOf, find } = createFinder(options);
  const isKept = recorder !== undefined || publishing !== undefined;
  const closed = isAnyOpen(opened) ? undefined : isKept ? recordsClosed : noRecords;
  const isTold = isKept && closed === undefined;
  /** @throws FORBIDDEN for what a deployment has answered whose records are not open */
  const checkOpen = (kept: Found | undefined, { pass }: RestRequest): void => {
    if (kept !== undefined) checkModel(pass, kept.model);
    if (!isOpen(opened, kept?.deployment)) throw recordsClosed();
  };

  const read = async (request: RestRequest): Promise<RestAnswer> => {
    const id = idOf(request);
    if (!isKept) throw noRecords();
    const kept = await find(id, deadlineOf(request, limits));
    const better = betterOf(id);
    if (kept === undefined && better.length === 0) throw unknown(id);
    checkOpen(kept, request);
    if (kept === undefined) return { body: `{"id":${JSON.stringify(id)},"better":${listOf(better)}}` };
    return { body: keptAsJson(kept, publishing?.better && better) };
  };
  const label = async (request: RestRequest): Promise<RestAnswer> => {
    const id = idOf(request);
    if (recorder === undefined) throw noRecords();
    const truth = readSmallJson(bodyOf(request), limits.depth);
    const deadline = deadlineOf(request, limits);
    const kept = await find(id, deadline);
    if (kept !== undefined) checkOpen(kept, request);
    return { body: keptAsJson(await inTime(recorder.label(id, truth), deadline, tooLate)) };
  };
  return [
    {
      method: 'GET',
      path: '/predictions/{id}',
      operation: isTold ? readOperation : undefined,
      ...guard({ what: 'read', changes: false, closed }),
      answer: read,
    },
    {
      method: 'POST',
      path: '/predictions/{id}/label',
      operation: isTold ? labelOperation : undefined,
      ...guard({ what: 'label', changes: true, closed }),
      answer: label,
    },
  ];
};

/**
 * Better predictions, and nothing else of a record: they are for whoever knows the id, which cannot be guessed and was
 * told to who got the quick one. Told of where there are any.
 */
export const betterRoute = (options: Omit<RecordRoutes, 'opened' | 'guard'>): Route => {
  const { publishing, limits } = options;
  const { betterOf, find } = createFinder(options);
  const predictions = publishing?.better;
  return {
    method: 'GET',
    path: '/predictions/{id}/events',
    operation: predictions && eventsOperation,
    async answerLong(request): Promise<LongAnswer> {
      const id = idOf(request);
      if (predictions === undefined) {
        throw fail('NOT_FOUND', 'This service hears of no better predictions; publish with a topic of better ones.', {
          expected: 'a service with publish: { topic, better }',
        });
      }
      const kept = await find(id, deadlineOf(request, limits));
      if (kept !== undefined) checkModel(request.pass, kept.model);
      if (kept === undefined && betterOf(id).length === 0) throw unknown(id);
      const name = kept?.id ?? (predictions.of(id).length > 0 ? id : alias(id));
      return betterEvents({ id: name, predictions, limits, pass: request.pass });
    },
  };
};

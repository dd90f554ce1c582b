/** `POST /predict/{model}`: a row and its prediction, or many, in JSON or CSV. */
import { MillraceError, type Problem } from '../../../core/errors.ts';
import type { Answer } from '../../../core/types.ts';
import type { Variant } from '../../../serving/route.ts';
import { toldJson } from '../../../text/exact-json.ts';
import type { Predicted, RowCall } from '../calls.ts';
import type { Dataplane } from '../dataplane.ts';
import { listText } from '../in-turns.ts';
import type { Card, Model } from '../model.ts';
import { experimentHeaders, type Routed } from '../rollouts/routing.ts';
import { admitting, bodyOf, callOf } from './call.ts';
import { CSV_TYPE, writeCsv } from './csv.ts';
import { FILE_TYPES, fileRows } from './image-body.ts';
import { predictOperations } from './predict-operations.ts';
import type { Answering, RestRequest, Route } from './route.ts';

interface ModelPath {
  readonly model: string;
  readonly version?: string;
}

/** `"model":…,"version":…,"digest":…`, written once a model. */
const identities = new WeakMap<Model, string>();
const identityOf = (model: Model): string => {
  let text = identities.get(model);
  if (text === undefined) {
    const { name, version, digest } = model;
    text = JSON.stringify({ model: name, version, digest }).slice(1, -1);
    identities.set(model, text);
  }
  return text;
};

/** The same within a rollout: of a row that one version answered. */
const identityIn = ({ experiment, cards, variants }: Routed<Card>): string => {
  const { name, version, digest } = cards[variants[0]];
  return JSON.stringify({ model: name, version, digest, variant: variants[0], experiment }).slice(1, -1);
};
/** Of rows that one or the other answered, each of which says which. */
const identitiesIn = ({ experiment, cards: { stable, candidate } }: Routed<Card>): string => {
  const { name, version, digest } = stable;
  const beside = { version: candidate.version, digest: candidate.digest };
  return JSON.stringify({ model: name, version, digest, experiment, candidate: beside }).slice(1, -1);
};

const answerAsJson = (id: string, { output, error }: Answer, variant?: Variant): string => {
  const by = variant === undefined ? '' : `,"variant":"${variant}"`;
  return error === undefined
    ? `{"id":"${id}"${by},"prediction":${toldJson(output)}}`
    : `{"id":"${id}"${by},"error":${JSON.stringify(error)}}`;
};

/** What rows of a body may be. */
export const rowLimits = ({ limits }: Dataplane, { manifest }: Model) => ({
  fields: manifest.inputs,
  depth: limits.depth,
  rows: limits.rows,
});

/** The answers to the rows of a CSV text, in their order; a line that cannot be read is answered with why. */
export const predictCsv = async (
  plane: Dataplane,
  model: Model,
  request: RestRequest,
  call: RowCall,
): Promise<Predicted> => {
  const { fields, depth, rows: most } = rowLimits(plane, model);
  const lines = await plane.reader.read(
    'csv',
    { ...bodyOf(request), fields, depth, rows: most },
    call.caller,
    call.deadline,
  );
  const rows: unknown[] = [];
  const unread = new Map<number, Problem>();
  for (const [at, line] of lines.entries()) {
    if ('row' in line) rows.push(line.row);
    else unread.set(at, line.problem);
  }
  return plane.predict(model, rows, { ...call, coerce: true, unread });
};

/** Whether the body is said to be CSV. */
export const isCsv = ({ headers }: RestRequest): boolean => {
  const type = headers['content-type'];
  return type !== undefined && type !== 'application/json' && /^text\/csv\b/i.test(type);
};

/** CSV is answered to who asks for it, and to who sends it and asks for nothing else. */
const wantsCsv = (request: RestRequest): boolean => {
  const { accept } = request.headers;
  if (accept === undefined) return isCsv(request);
  return accept.includes('text/csv') || (isCsv(request) && !accept.includes('json'));
};

/** Not copied but completed: it is one object for each request. */
type MutableRowCall = { -readonly [Key in keyof RowCall]: RowCall[Key] };

/** One answer or many, as the caller wants them. */
const answerMany = async (
  request: RestRequest,
  id: string,
  model: Model,
  { answers, routed }: Predicted,
): Promise<Answering> => {
  if (wantsCsv(request)) {
    const { name, version, digest, manifest } = model;
    const headers = {
      'content-type': CSV_TYPE,
      'x-model': `${name}@${version} ${digest}`,
      ...experimentHeaders(routed),
    };
    return { headers, body: await writeCsv(id, manifest.outputs, answers) };
  }
  const head = routed === undefined ? identityOf(model) : identitiesIn(routed);
  const textOf = (answer: Answer, row: number) => answerAsJson(`${id}.${row}`, answer, routed?.variants[row]);
  return listText(answers, textOf, [`{${head},"predictions":[`, ',', ']}']);
};

/** A row is answered by its prediction, rows and whoever wants CSV by a list. @throws what is wrong with the one row */
const answerAs = (
  request: RestRequest,
  model: Model,
  isMany: boolean,
  id: string,
  predicted: Predicted,
): Answering | Promise<Answering> => {
  if (isMany || wantsCsv(request)) return answerMany(request, id, model, predicted);
  const { answers, texts, routed } = predicted;
  const [{ output, error }] = answers;
  if (error !== undefined) throw new MillraceError(error);
  const identity = routed === undefined ? identityOf(model) : identityIn(routed);
  return `{"id":"${id}",${identity},"prediction":${texts?.[0] ?? toldJson(output)}}`;
};

export const predictRoutes = (plane: Dataplane): readonly Route[] => {
  const { models, reader } = plane;

  const answer = async (request: RestRequest): Promise<Answering> => {
    const { model: name, version } = request.params as ModelPath;
    const found = models.get(name, version);
    const model = found instanceof Promise ? await found : found;
    const call: MutableRowCall = callOf(request, plane);
    if (isCsv(request)) {
      return answerMany(request, call.id, model, await predictCsv(plane, model, request, call));
    }
    const type = request.headers['content-type'];
    if (type !== undefined && FILE_TYPES.test(type)) {
      const { fields, rows: most } = rowLimits(plane, model);
      const { rows, isMany } = await fileRows(bodyOf(request).bytes, type, fields, most);
      return answerAs(request, model, isMany, call.id, await plane.predict(model, rows, { ...call, coerce: true }));
    }
    const reading = reader.read('rows', { ...bodyOf(request), ...rowLimits(plane, model) }, call.caller, call.deadline);
    // Nobody waits for what is there: a promise more would cost every request.
    const json = reading instanceof Promise ? await reading : reading;
    call.json = json;
    const { row, many } = json;
    const predicted = await plane.predict(model, many ?? [row], call);
    return answerAs(request, model, many !== undefined, call.id, predicted);
  };
  const check = admitting(models);
  return [
    { method: 'POST', path: '/predict/{model}', operations: predictOperations, check, answer },
    { method: 'POST', path: '/predict/{model}/versions/{version}', check, answer },
  ];
};

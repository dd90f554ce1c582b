/** Steps of the preparation in C (core/steps). To add one: a row below; a step without a row is refused. */
import type { Dtype, Field, Manifest, StepConfig, TensorSpec } from '../../core/types.ts';
import { LAST_INSTANT } from '../../core/zone.ts';
import { type CColumn, checkFits, isMissing, pieces } from './columns.ts';
import { type CText, type Draft, literalText, typeOf } from './draft.ts';
import { notExportable } from './refuse.ts';
import { byBytes, double } from './text.ts';
import { localTime } from './zones.ts';

interface StepContext {
  readonly draft: Draft;
  readonly columns: Map<string, CColumn>;
  readonly label: string;
  /** The zone of the datetime that a column is. */
  readonly zoneOf: (column: string) => string | undefined;
  readonly graph: ReadonlyMap<string, TensorSpec>;
  number(name: string): string;
  text(name: string): CText;
}

type Settings = Readonly<Record<string, unknown>>;
type CStep = (context: StepContext, settings: Settings) => CColumn;

const refuseStep = (label: string, what: string) =>
  notExportable(`${label} ${what}`, { step: label, expected: 'a step over numbers or texts as they are', got: what });

const DAY = 86_400_000;

const ofNumber =
  (change: (draft: Draft, x: string, settings: Settings, label: string) => string): CStep =>
  (context, settings) => ({
    type: 'number',
    name: context.draft.number(change(context.draft, context.number(String(settings.of)), settings, context.label)),
  });

const partOfTime =
  (part: 'hour' | 'weekday' | 'month'): CStep =>
  (context, settings) => {
    const { draft, label } = context;
    const instant = context.number(String(settings.of));
    const last = double(LAST_INSTANT - DAY);
    draft.line(`if (${instant} < -${last} || ${instant} > ${last}) ${draft.refusal('STEP_FAILED', label)}`);
    const zone = (settings.zone as string | undefined) ?? context.zoneOf(String(settings.of));
    const local = localTime(draft, instant, zone, label);
    const name = draft.fresh('n');
    draft.line(`const double ${name} = ${local} != ${local} ? NAN : ${draft.use(part)}(${local});`);
    return { type: 'number', name };
  };

const units = { second: 1000, minute: 60_000, hour: 3_600_000, day: DAY } as const;

/** Texts side by side stay pieces; the first is 0 where one of them is missing. */
const join: CStep = (context, { fields, with: between = '' }) => {
  const texts = (fields as string[]).map((name) => context.text(name));
  const all = texts.flatMap((text, index) =>
    index === 0 || between === '' ? pieces(text) : [literalText(String(between)), ...pieces(text)],
  );
  const missing = texts.map(isMissing).join(' || ');
  return { type: 'string', text: context.draft.text([`${missing} ? 0 : ${all[0]}`, ...all.slice(1)]) };
};

/** The place of the row's key in the sorted keys, and the values in their order. */
const placeOf = (
  context: StepContext,
  of: string,
  table: Readonly<Record<string, number | string>>,
): readonly [place: string, values: readonly (number | string)[]] => {
  const { draft, columns } = context;
  const place = draft.fresh('place');
  if (columns.get(of)?.type === 'string') {
    const keys = Object.keys(table).sort(byBytes);
    draft.line(`const int32_t ${place} = ${draft.find(context.text(of), keys)};`);
    return [place, keys.map((key) => table[key])];
  }
  // A key is met by the number whose text it is, and by no other.
  const keys = Object.keys(table)
    .filter((key) => String(Number(key)) === key && Number.isFinite(Number(key)))
    .sort((a, b) => Number(a) - Number(b));
  const numbers = draft.numbers('float64', keys.length === 0 ? [0] : keys.map(Number));
  draft.line(
    `const int32_t ${place} = ${draft.use('find_number')}(${context.number(of)}, ${numbers}, ${keys.length});`,
  );
  return [place, keys.length === 0 ? [Object.values(table)[0]] : keys.map((key) => table[key])];
};

const lookup: CStep = (context, { of, table, default: otherwise = null }) => {
  const { draft } = context;
  const [place, values] = placeOf(context, String(of), table as Readonly<Record<string, number | string>>);
  if (typeof values[0] === 'string' || typeof otherwise === 'string') {
    const fallback = otherwise === null ? '0' : literalText(String(otherwise));
    return {
      type: 'string',
      text: draft.text([`${place} < 0 ? ${fallback} : ${draft.texts(values as string[])}[${place}]`]),
    };
  }
  const found = `${draft.numbers('float64', values as number[])}[${place}]`;
  return {
    type: 'number',
    name: draft.number(`${place} < 0 ? ${otherwise === null ? 'NAN' : double(otherwise as number)} : ${found}`),
  };
};

const impute: CStep = (context, { of, with: value }) => {
  const { draft } = context;
  if (typeof value !== 'string') {
    const x = context.number(String(of));
    return { type: 'number', name: draft.number(`${x} != ${x} ? ${double(Number(value))} : ${x}`) };
  }
  const text = context.text(String(of));
  const [first, ...more] = pieces(text);
  const missing = isMissing(text);
  return {
    type: 'string',
    text: draft.text([
      `${missing} ? ${literalText(value)} : ${first}`,
      ...more.map((piece) => `${missing} ? "" : ${piece}`),
    ]),
  };
};

const cast: CStep = (context, { of, to }) => {
  const { draft, columns, label } = context;
  const isText = columns.get(String(of))?.type === 'string';
  if (isText && to === 'text') return { type: 'string', text: context.text(String(of)) };
  if (isText) throw refuseStep(label, 'reads numbers out of texts');
  if (to === 'text') throw refuseStep(label, 'writes numbers as texts');
  const x = context.number(String(of));
  if (to === 'number') return { type: 'number', name: x };
  return {
    type: 'number',
    name: draft.number(to === 'integer' ? `trunc(${x})` : `${x} != ${x} ? ${x} : ${x} != 0.0 ? 1.0 : 0.0`),
  };
};

const concat: CStep = (context, settings) => {
  const { draft, label } = context;
  const { fields, as } = settings as { fields: readonly string[]; as: string };
  const dtype = (settings.dtype ?? context.graph.get(as)?.dtype ?? 'float32') as Dtype;
  if (dtype === 'string') {
    const texts = fields.map((name) => context.text(name));
    for (const text of texts) draft.line(`if (${isMissing(text)}) ${draft.refusal('STEP_FAILED', label)}`);
    return { type: 'texts', texts };
  }
  const type = typeOf(dtype);
  const numbers = fields.map((name) => context.number(name));
  const refusals = { missing: 'STEP_FAILED', fraction: 'STEP_FAILED', range: 'STEP_FAILED', what: label };
  for (const number of numbers) checkFits(draft, number, dtype, refusals);
  const name = draft.fresh('v');
  draft.line(`const ${type} ${name}[${fields.length}] = {`, ...numbers.map((number) => `  (${type})${number},`), '};');
  return { type: 'tensor', dtype, size: fields.length, name };
};

const steps: Readonly<Record<string, CStep>> = {
  join,
  lookup,
  impute,
  cast,
  concat,
  hour: partOfTime('hour'),
  weekday: partOfTime('weekday'),
  month: partOfTime('month'),
  difference: (context, { of, since, unit }) => ({
    type: 'number',
    name: context.draft.number(
      `(${context.number(String(of))} - ${context.number(String(since))}) / ${units[unit as keyof typeof units]}.0`,
    ),
  }),
  // The C library's, whose last bit may be another; the header says so.
  log1p: ofNumber((draft, x, _, label) => {
    draft.line(`if (${x} <= -1.0) ${draft.refusal('STEP_FAILED', label)}`);
    return `log1p(${x})`;
  }),
  clip: ofNumber((draft, x, { min = -Infinity, max = Infinity }) => {
    const above = `${draft.use('most')}(${x}, ${double(min as number)})`;
    return `${draft.use('least')}(${above}, ${double(max as number)})`;
  }),
  scale: ofNumber((draft, x, { mean, std }, label) => {
    const scaled = draft.number(`(${x} - ${double(mean as number)}) / ${double(std as number)}`);
    draft.line(`if (fabs(${scaled}) == INFINITY) ${draft.refusal('STEP_FAILED', label)}`);
    return scaled;
  }),
};

/** Steps whose result a C library may give another last bit. */
export const isInexact = (config: StepConfig): boolean => 'log1p' in config;

/** After them a datetime is still one. */
const keepsZone = new Set(['impute', 'clip']);

/**
 * Writes every step; `columns` are those of the signature, and have the prepared ones too in the end.
 *
 * @throws NOT_EXPORTABLE with the step's name
 */
export const writeSteps = (
  draft: Draft,
  { prepare = [], inputs }: Manifest,
  specs: readonly TensorSpec[],
  columns: Map<string, CColumn>,
): void => {
  const zones = new Map(Object.entries(inputs).map(([name, field]) => [name, zoneOfField(field)]));
  const graph = new Map(specs.map((spec) => [spec.name, spec]));
  for (const [index, config] of prepare.entries()) {
    const [name] = Object.keys(config);
    const label = `prepare[${index}] (${name})`;
    const step = Object.hasOwn(steps, name) ? steps[name] : undefined;
    if (step === undefined) throw refuseStep(label, 'is not written in C');
    const context: StepContext = {
      draft,
      columns,
      label,
      graph,
      zoneOf: (column) => zones.get(column),
      number(column) {
        const found = columns.get(column);
        if (found?.type !== 'number') throw refuseStep(label, `takes ${column}, which is no number`);
        return found.name;
      },
      text(column) {
        const found = columns.get(column);
        if (found?.type !== 'string') throw refuseStep(label, `takes ${column}, which is no text`);
        return found.text;
      },
    };
    const settings = config[name];
    const as = String(settings.as ?? settings.of);
    draft.line('', `/* ${label} */`);
    columns.set(as, step(context, settings));
    const zone = keepsZone.has(name) ? zones.get(String(settings.of)) : undefined;
    if (zone === undefined) zones.delete(as);
    else zones.set(as, zone);
  }
};

const zoneOfField = (field: Field): string | undefined => ('zone' in field ? field.zone : undefined);

/** Conditions over the summary of a run, in CEL (https://cel.dev): `mean(churn) > 0.3 && rows_in > 1000`. */
import { Environment } from '@marcbachmann/cel-js';
import { fail, messageOf, type Problem } from '../../core/errors.ts';
import type { Manifest } from '../../core/types.ts';
import type { FieldJudgement, Judgement } from '../../monitor/drift/judgement.ts';
import { meanOf, stdOf } from '../../monitor/profile/exact.ts';
import { type FieldProfile, type Profile, timesOf } from '../../monitor/profile/profile.ts';
import type { Summary } from './types.ts';

/** A run, and what is said of it beside the reference of its package, where that has one. */
export interface JudgedSummary {
  readonly summary: Summary;
  readonly judgement?: Judgement | undefined;
}

export type Condition = (run: JudgedSummary) => { readonly holds: boolean } | { readonly problem: Problem };

const numbers = ['rows_in', 'rows_out', 'rows_rejected', 'rejected_share', 'seconds'] as const;

/** A field as conditions know it. */
type KnownField = FieldProfile & { readonly judged?: FieldJudgement | undefined };

const total = (profile: FieldProfile): number => profile.count + profile.missing;
/** Of a field; NaN, of which nothing is true, where it has no value. */
const functions: Readonly<Record<string, (profile: KnownField, label: string) => number | boolean>> = {
  'mean(map): double': (profile) => (profile.kind === 'number' && profile.count > 0 ? meanOf(profile) : Number.NaN),
  'std(map): double': (profile) => (profile.kind === 'number' && profile.count > 0 ? stdOf(profile) : Number.NaN),
  'min(map): double': (profile) => (profile.kind === 'number' ? (profile.min ?? Number.NaN) : Number.NaN),
  'max(map): double': (profile) => (profile.kind === 'number' ? (profile.max ?? Number.NaN) : Number.NaN),
  'count(map): double': (profile) => profile.count,
  'missing(map): double': (profile) => (total(profile) === 0 ? Number.NaN : profile.missing / total(profile)),
  'share(map, string): double': (profile, label) =>
    profile.kind === 'category' && profile.count > 0 ? timesOf(profile.counts, label) / profile.count : Number.NaN,
  'effect(map): double': ({ judged }) => judged?.effect ?? Number.NaN,
  'drifts(map): bool': ({ judged }) => judged?.state === 'drift',
};

const compare: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '==': (a, b) => a === b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};
const compute: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
};

/** Numbers of a summary are doubles; CEL would not let them meet the whole numbers that people write. */
const addOperators = (env: Environment): void => {
  const add = (operator: string, work: (a: number, b: number) => unknown): void => {
    for (const [left, right] of [
      ['double', 'int'],
      ['int', 'double'],
    ]) {
      try {
        env.registerOperator(`${left} ${operator} ${right}`, (a: number | bigint, b: number | bigint) =>
          work(Number(a), Number(b)),
        );
      } catch {
        // CEL has this one already.
      }
    }
  };
  for (const [operator, work] of Object.entries(compare)) add(operator, work);
  for (const [operator, work] of Object.entries(compute)) add(operator, work);
};

/**
 * Makes a condition ready. Outputs go by their names, inputs as `inputs.<name>`.
 *
 * @throws MillraceError BAD_PROJECT, naming `field`.
 */
export const compileSummaryCondition = (text: string, { inputs, outputs }: Manifest, field: string): Condition => {
  const names = Object.keys(outputs).filter((name) => /^[A-Za-z_]\w*$/.test(name));
  const expected = `true or false, of mean(…), std, min, max, count, missing, effect, drifts or share(…, 'label') of ${names.join(', ')} or inputs.…, of drift, drifting, and of ${numbers.join(', ')}`;
  const env = new Environment({ unlistedVariablesAreDyn: false });
  for (const name of names) env.registerVariable(name, 'map');
  for (const name of numbers) env.registerVariable(name, 'double');
  env.registerVariable('inputs', 'map');
  env.registerVariable('deployment', 'string');
  env.registerVariable('scope', 'string');
  // An output of that name was there first.
  if (!names.includes('drift')) env.registerVariable('drift', 'bool');
  if (!names.includes('drifting')) env.registerVariable('drifting', 'double');
  for (const [signature, work] of Object.entries(functions)) env.registerFunction(signature, work as never);
  addOperators(env);

  const refused = (why: string) =>
    fail('BAD_PROJECT', `${field} is not a condition: ${why}`, { field, expected, got: text });
  let run: ReturnType<Environment['parse']>;
  try {
    run = env.parse(text);
  } catch (error) {
    throw refused(messageOf(error).split('\n')[0] ?? '');
  }
  const check = run.check();
  if (!check.valid) throw refused((check.error?.message ?? 'it does not pass the type check').split('\n')[0] ?? '');
  if (check.type !== 'bool' && check.type !== 'dyn') throw refused(`it is a ${check.type}`);
  const unknown = [...text.matchAll(/\binputs\.([A-Za-z_]\w*)/g)].find(
    ([, name]) => !Object.hasOwn(inputs, name ?? ''),
  );
  if (unknown) throw refused(`the model has no input ${unknown[1]}`);

  return ({ summary, judgement }) => {
    const judgedAs = (is: FieldJudgement['is'], profile: Profile): Readonly<Record<string, KnownField>> =>
      Object.fromEntries(
        Object.entries(profile).map(([name, field]) => [
          name,
          { ...field, judged: judgement?.fields.find((one) => one.is === is && one.field === name) },
        ]),
      );
    const known = judgedAs('output', summary.outputs);
    try {
      const value = run({
        drift: judgement?.state === 'drift',
        drifting: judgement?.fields.filter(({ state }) => state === 'drift').length ?? 0,
        ...Object.fromEntries(names.map((name) => [name, known[name] ?? { kind: 'number', count: 0, missing: 0 }])),
        inputs: judgedAs('input', summary.inputs),
        deployment: summary.deployment,
        scope: summary.scope,
        rows_in: summary.rows_in,
        rows_out: summary.rows_out,
        rows_rejected: summary.rows_rejected,
        rejected_share: summary.rows_in === 0 ? 0 : summary.rows_rejected / summary.rows_in,
        seconds: summary.seconds,
      });
      return { holds: value === true };
    } catch (error) {
      const message = `${field} (${text}): ${messageOf(error).split('\n')[0]}`;
      return { problem: { code: 'CONDITION_FAILED', message, field } };
    }
  };
};

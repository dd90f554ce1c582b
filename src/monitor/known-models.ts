/** What has answered, under the numbers by which the thread that writes records knows it. */
import type { Answerer, KnownModel } from './answered.ts';

export interface KnownModels {
  /** Its number; what is the same to records has one. */
  numberOf(model: Answerer): number;
  /** In the order of their numbers, from 0. */
  readonly all: readonly KnownModel[];
}

const knownOf = ({
  ref,
  deployment = ref,
  name,
  version,
  digest,
  variant = 'stable',
  experiment = '',
  manifest,
}: Answerer): KnownModel => {
  const { inputs, outputs } = manifest;
  return { deployment, name, version, digest, variant, experiment, inputs, outputs };
};

/** `onNew` is told when there is one more. */
export const createKnownModels = (onNew: () => void): KnownModels => {
  const all: KnownModel[] = [];
  const keys = new Map<string, number>();
  const numbers = new WeakMap<Answerer, number>();
  let last: { readonly model: Answerer; readonly number: number } | undefined;

  const learn = (model: Answerer): number => {
    const known = knownOf(model);
    const key = `${known.digest} ${known.variant} ${known.experiment} ${known.deployment}`;
    let number = keys.get(key);
    if (number === undefined) {
      number = all.push(known) - 1;
      keys.set(key, number);
      onNew();
    }
    numbers.set(model, number);
    return number;
  };
  return {
    all,
    numberOf(model) {
      if (last?.model !== model) last = { model, number: numbers.get(model) ?? learn(model) };
      return last.number;
    },
  };
};

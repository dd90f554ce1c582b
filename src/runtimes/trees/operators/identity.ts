/** The operator that changes nothing, which converters write behind most trees. */
import type { MadeStep } from '../model.ts';
import { unusual } from '../unusual.ts';
import type { Known } from '../values.ts';
import type { Operators } from './operator.ts';

export const same = (input: Known | undefined): MadeStep => {
  if (input === undefined) throw unusual('a value that is not given');
  return { outputs: [input], run: (values) => values };
};

export const identity: Operators = { Identity: (_, [input]) => same(input) };

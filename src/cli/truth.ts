import { usage } from './usage.ts';

/** `--truth minutes=actual`, one output each, or `--truth actual`. */
export const truthOf = (given: readonly string[] = []): string | Readonly<Record<string, string>> => {
  const [first, ...more] = given;
  if (first === undefined)
    throw usage('Say which column holds what was true.', '--truth <column>', 'nothing', '--truth');
  if (more.length === 0 && !first.includes('=')) return first;
  return Object.fromEntries(
    given.map((one) => {
      const [output, column] = [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)];
      if (one.includes('=') && output !== '' && column !== '') return [output, column];
      throw usage('Several truths are named with their outputs.', '--truth <output>=<column>', one, '--truth');
    }),
  );
};

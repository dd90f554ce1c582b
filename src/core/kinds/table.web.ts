/** The table of kinds in a browser: what most tables have is at hand, the others are loaded with the first field of them. */
import { onDemand } from '../on-demand.ts';
import { category } from './category.ts';
import { integer } from './integer.ts';
import { number } from './number.ts';
import type * as all from './table.ts';
import { text } from './text.ts';

type Kinds = typeof all.kinds;

const others = {
  boolean: onDemand(async () => (await import('./boolean.ts')).boolean),
  datetime: onDemand(async () => (await import('../datetimes.ts')).datetime),
  tensor: onDemand(async () => (await import('./tensor.ts')).tensor),
  image: onDemand(async () => (await import('./image.ts')).image),
};

export const kinds: Partial<Kinds> = { number, integer, category, text };

export const kindNames = [...Object.keys(kinds), ...Object.keys(others)] as typeof all.kindNames;

export const loadKinds: typeof all.loadKinds = async (names) => {
  const wanted = Object.entries(others).filter(([name]) => names.includes(name));
  const found = wanted.map(async ([name, load]) => [name, await load()] as const);
  Object.assign(kinds, Object.fromEntries(await Promise.all(found)));
};

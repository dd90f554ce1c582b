import type { Fields } from '../../src/core/types.ts';

export const inputs: Fields = {
  n: { kind: 'number', nullable: true },
  flag: { kind: 'boolean', nullable: true },
  zone: { kind: 'category', nullable: true },
  at: { kind: 'datetime', nullable: true },
  vector: { kind: 'tensor', dtype: 'float32', shape: [2], nullable: true },
};

export const lazy = (): never => {
  throw new Error('lazy');
};

/** Values that throw, or never end, when somebody reads them. */
export const lazyList = (): unknown[] => Object.defineProperty([1, 2], 1, { get: lazy, enumerable: true });
export const lazyDate = (): Date => Object.assign(new Date(0), { getTime: lazy });

export const endless = (): unknown[] => {
  const list: unknown[] = [];
  list.push(list, list);
  return list;
};

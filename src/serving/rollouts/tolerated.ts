/** By how much more of all calls may fail, or be slow: `failed 0.02, slow 0.1`, as commands have it. */
import { type Code, fail } from '../../core/errors.ts';
import type { ToleratedShares } from './rollout.ts';

/** Unless the rollout says otherwise. */
export const TOLERATED: ToleratedShares = Object.freeze({ failed: 0.02, slow: 0.1 });

const PART = /^(failed|slow) (\d+(?:\.\d+)?)$/;

/** @throws `code` for what says nothing of the kind */
export const parseTolerated = (text: string, code: Code): Partial<ToleratedShares> => {
  const parts = text.split(',').map((part) => {
    const [, name, share] = PART.exec(part.trim()) ?? [];
    if (name === undefined || Number(share) > 1) {
      const expected = 'shares of all calls, from 0 to 1: failed 0.02, slow 0.1';
      throw fail(code, `'${part.trim()}' is nothing that could be tolerated`, { expected, got: text });
    }
    return [name, Number(share)] as const;
  });
  return Object.fromEntries(parts);
};

/** The least share of either version, where shares follow results. @throws `code` */
export const parseFloor = (text: string, code: Code): number => {
  const floor = Number(text);
  if (floor >= 0.001 && floor <= 0.4) return floor;
  throw fail(code, `'${text}' is no least share of either version`, {
    expected: 'a share from 0.001 to 0.4',
    got: text,
  });
};

import { describe } from 'node:test';
import { decideJoins } from './decide-joins.ts';
import { decideTells } from './decide-tells.ts';
import { decideTrouble } from './decide-trouble.ts';
import { worldOf } from './decide-world.ts';

/** What a decide deployment promises, on a broker that is really there. */
export const decideContract = (name: string, start: () => Promise<{ readonly address: string }>): void => {
  describe(`decisions on ${name}`, { timeout: 280_000 }, () => {
    const world = worldOf(start);
    decideJoins(world);
    decideTrouble(world);
    decideTells(world);
  });
};

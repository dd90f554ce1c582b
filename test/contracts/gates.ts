/** What every gate promises, in a world that it lets in, in one that it keeps out, and in one that lacks data. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GateAnswer } from '../../src/gates/gate.ts';
import type { GateOutcome } from '../../src/registry/verdict.ts';

/** Asks a gate in a world that is made for the answer; undefined where there is none, with the reason. */
export interface GateCases {
  readonly pass: () => Promise<GateAnswer>;
  readonly fail: (() => Promise<GateAnswer>) | string;
  readonly lacking: (() => Promise<GateAnswer>) | string;
}

export const gateContract = (name: string, { pass, fail, lacking }: GateCases): void => {
  describe(`the gate ${name}`, () => {
    const says = (what: string, outcome: GateOutcome, ask: (() => Promise<GateAnswer>) | string): void => {
      if (typeof ask === 'string') return;
      it(what, async () => {
        const answer = await ask();
        assert.equal(answer.outcome, outcome, answer.sentence);
        assert.ok(answer.sentence.length > 5 && !answer.sentence.includes('\n'), answer.sentence);
        assert.doesNotMatch(answer.sentence, /undefined|NaN|\[object/);
        assert.deepEqual(JSON.parse(JSON.stringify(answer.numbers)), answer.numbers, 'its numbers are plain JSON');
      });
    };
    says('lets a version in that is as it should be', 'pass', pass);
    says('keeps a version out that is not', 'fail', fail);
    says('never passes what it has no data of', 'not enough data', lacking);
  });
};

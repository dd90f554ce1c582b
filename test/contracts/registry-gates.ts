import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ComparisonVerdict, GateOutcome, GateVerdict } from '../../src/registry/verdict.ts';
import { type Empty, fill, refused } from './registry-world.ts';

const at = '2026-11-01T10:00:00.000Z';

const gate = (about: string, outcome: GateOutcome): GateVerdict => ({
  asked: 'gate',
  about,
  outcome,
  sentence: `p95 of 4.1 ms, ${outcome}`,
  numbers: { p95_ms: 4.1, rows: [1, 2], slice: { zone: 'ünïcode', none: null, all: true } },
  at,
});

const comparison = (about: string, outcome: ComparisonVerdict['outcome']): ComparisonVerdict => ({
  asked: 'comparison',
  about,
  outcome,
  sentence: `errors are ${outcome}`,
  numbers: { log_e: 4.2 },
  at,
});

const gates = (environment: string, model: string): readonly string[] =>
  environment === 'production' && model === 'ride' ? ['examples', 'latency'] : [];

export const registryGates = (empty: Empty): void => {
  describe('gates', () => {
    it('let in what all of them pass, and their verdicts stay with the move to the last digit', async () => {
      const { registry, again } = await empty({ gates });
      await fill(registry, 'ride', '1.0.0', '1.1.0');
      const verdicts = [gate('examples', 'pass'), gate('latency', 'pass')];
      await registry.promote({ name: 'ride', version: '1.0.0', to: 'staging' });
      await registry.promote({ name: 'ride', version: '1.0.0', to: 'production', from: null, verdicts });
      const { registry: other } = await again();
      const [first, second] = await other.history('ride');
      assert.deepEqual(second.verdicts, verdicts);
      assert.ok(!Object.hasOwn(first, 'verdicts'));
    });

    it('refuse by what was failed, lacked data or was not asked, each in a line, and nothing moves', async () => {
      const { registry } = await empty({ gates });
      await fill(registry, 'ride', '1.0.0');
      const move = { name: 'ride', version: '1.0.0', to: 'production' };
      await assert.rejects(
        registry.promote(move),
        refused('GATE_REFUSED', '2 of 2 gates', '\n  examples: not asked', '\n  latency: not asked'),
      );
      const verdicts = [gate('examples', 'pass'), gate('latency', 'not enough data')];
      await assert.rejects(
        registry.promote({ ...move, verdicts }),
        refused('GATE_REFUSED', '1 of 2 gates', 'ride@1.0.0', 'production', '\n  latency: not enough data: p95 of'),
      );
      const failed = [gate('examples', 'fail'), gate('latency', 'pass')];
      await assert.rejects(registry.promote({ ...move, verdicts: failed }), refused('GATE_REFUSED', 'examples: fail'));
      assert.deepEqual(await registry.history('ride'), []);
    });

    it('are those of the environment and of the model', async () => {
      const { registry } = await empty({ gates });
      await fill(registry, 'fare', '1.0.0');
      assert.ok((await registry.promote({ name: 'fare', version: '1.0.0', to: 'production' })).changed);
    });

    it('are overridden by who says so, with their verdicts in the history', async () => {
      const { registry } = await empty({ gates });
      await fill(registry, 'ride', '1.0.0');
      const verdicts = [gate('examples', 'fail'), gate('latency', 'pass')];
      const move = { name: 'ride', version: '1.0.0', to: 'production', verdicts, override: true, why: 'it burns' };
      assert.ok((await registry.promote(move)).changed);
      const [found] = await registry.history('ride', 'production');
      assert.deepEqual([found.verdicts, found.why], [verdicts, 'it burns']);
    });

    it('are asked again when the environment was moved meanwhile', async () => {
      const { registry } = await empty({ gates });
      await fill(registry, 'ride', '1.0.0', '1.1.0');
      const verdicts = [gate('examples', 'pass'), gate('latency', 'pass')];
      const move = { name: 'ride', to: 'production', verdicts, from: null };
      await registry.promote({ ...move, version: '1.0.0' });
      await assert.rejects(
        registry.promote({ ...move, version: '1.1.0' }),
        refused('GATE_REFUSED', 'was moved while its gates were asked'),
      );
    });

    it('are not asked where an environment goes back, and what it rests on is kept', async () => {
      const { registry } = await empty({ gates });
      await fill(registry, 'ride', '1.0.0', '1.1.0');
      const verdicts = [gate('examples', 'pass'), gate('latency', 'pass')];
      for (const version of ['1.0.0', '1.1.0'])
        await registry.promote({ name: 'ride', version, to: 'production', verdicts });
      const worse = [comparison('errors', 'worse')];
      assert.equal((await registry.rollback({ name: 'ride', env: 'production', verdicts: worse })).version, '1.0.0');
      assert.deepEqual((await registry.history('ride')).at(-1)?.verdicts, worse);
    });
  });

  describe('comparisons', () => {
    it('that are over are kept, the last one first', async () => {
      const { registry, again } = await empty();
      await fill(registry, 'ride', '1.0.0', '1.1.0');
      const versions = { name: 'ride', version: '1.1.0', against: '1.0.0' };
      const first = { ...versions, comparison: 'a', verdicts: [comparison('errors', 'worse')] };
      const second = {
        ...versions,
        comparison: 'b',
        verdicts: [comparison('errors', 'better'), comparison('slow', 'not enough data')],
      };
      await registry.keepComparison(first);
      await registry.keepComparison(second);
      const { registry: other } = await again();
      assert.deepEqual(await other.comparisons({ name: 'ride', version: '1.1.0' }), [second, first]);
      assert.deepEqual(await other.comparisons({ name: 'ride', version: '1.0.0' }), []);
      await assert.rejects(registry.keepComparison({ ...first, against: '0.9.0' }), refused('UNKNOWN_VERSION'));
    });
  });

  describe('approvals', () => {
    it('are kept with who and why, of one version in one environment', async () => {
      const { registry } = await empty({ who: 'ada', clock: () => new Date(at) });
      await fill(registry, 'ride', '1.0.0');
      const place = { name: 'ride', version: '1.0.0', environment: 'production' };
      const mine = await registry.approve(place);
      assert.deepEqual(mine, { ...place, who: 'ada', at });
      const theirs = await registry.approve({ ...place, who: 'bob', why: 'looked at the figures' });
      assert.deepEqual(await registry.approvals(place), [mine, theirs]);
      assert.deepEqual(await registry.approvals({ ...place, environment: 'staging' }), []);
      await assert.rejects(registry.approve({ ...place, environment: 'prod' }), refused('UNKNOWN_ENVIRONMENT'));
      await assert.rejects(registry.approve({ ...place, version: '2.0.0' }), refused('UNKNOWN_VERSION'));
    });
  });
};

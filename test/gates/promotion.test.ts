import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MillraceError } from '../../src/core/errors.ts';
import { gatedProject } from './gated-project.ts';

const gated = `  development:
  staging: {}
  production: { from: staging, gates: [examples, signature] }`;

const narrow = '{ distance: { kind: number, unit: km, min: 0 }, zone: { kind: category }, hour: { kind: integer } }';

describe('promote', () => {
  it('lets in what every gate lets in, and the history keeps what they said', async (t) => {
    const { ok } = await gatedProject(t, gated, [{ version: '1.0.0' }]);
    await ok('promote', 'ride@1.0.0', '--to', 'staging');
    const told = await ok('promote', 'ride@staging', '--to', 'production', '--why', 'first');
    assert.match(told, /from +pass +it is in staging since/);
    assert.match(told, /examples +pass +its golden example is answered right/);
    assert.match(told, /ride@production is now 1\.0\.0/);
    assert.match(await ok('history', 'ride'), /passed from, examples, signature/);
    const [, move] = JSON.parse(await ok('history', 'ride', '--json'));
    assert.deepEqual(
      move.verdicts.map(({ asked, about, outcome }: Record<string, string>) => [asked, about, outcome]),
      ['from', 'examples', 'signature'].map((about) => ['gate', about, 'pass']),
    );
  });

  it('refuses what one does not, a line a gate, and moves nothing', async (t) => {
    const { millrace, ok } = await gatedProject(t, gated, [
      { version: '1.0.0' },
      { version: '2.0.0', inputs: narrow, examples: [] },
    ]);
    await ok('promote', 'ride@1.0.0', '--to', 'staging');
    await ok('promote', 'ride@1.0.0', '--to', 'production');
    const { code, stderr } = await millrace('promote', 'ride@2.0.0', '--to', 'production');
    assert.equal(code, 2);
    assert.match(stderr, /3 of 3 gates do not let it in/);
    assert.match(stderr, /\n +from: fail: staging has 1\.0\.0, not 2\.0\.0/);
    assert.match(stderr, /\n +examples: not enough data: the package has no golden examples/);
    assert.match(stderr, /signature: fail: .*input distance: mile against km; input hour: it must be given/);
    assert.match(await ok('models'), /production 1\.0\.0|1\.0\.0/);
    assert.equal(JSON.parse(await ok('history', 'ride', '--json')).length, 2);
  });

  it('shows what each gate says without moving anything, and its exit code tells whether all let it in', async (t) => {
    const { millrace, ok } = await gatedProject(t, gated, [{ version: '1.0.0' }]);
    const dry = ['promote', 'ride@1.0.0', '--to', 'production', '--dry-run'];
    const shut = await millrace(...dry);
    assert.equal(shut.code, 1);
    assert.match(shut.stdout, /from +fail +staging is empty/);
    assert.match(shut.stderr, /would not come into production; nothing has changed/);
    await ok('promote', 'ride@1.0.0', '--to', 'staging');
    const open = await millrace(...dry, '--json');
    assert.equal(open.code, 0);
    const { passes, verdicts, from } = JSON.parse(open.stdout);
    assert.deepEqual([passes, verdicts.length, from], [true, 3, null]);
    assert.equal(JSON.parse(await ok('history', 'ride', '--json')).length, 1);
  });

  it('is overridden with a reason alone, which stands in the history in red', async (t) => {
    const { cwd, millrace, ok } = await gatedProject(t, gated, [{ version: '1.0.0' }]);
    const line = ['promote', 'ride@1.0.0', '--to', 'production', '--override'];
    const without = await millrace(...line);
    assert.equal(without.code, 2);
    assert.match(without.stderr, /with a reason/);
    const forced = await millrace(...line, '--why', 'it burns');
    assert.equal(forced.code, 0);
    assert.match(forced.stderr, /overridden: from/);
    assert.match(await ok('history', 'ride'), /it burns +OVERRIDDEN: from: fail/);
    const { runCli } = await import('../run-cli.ts');
    const coloured = await runCli(['history', 'ride'], { cwd, env: { FORCE_COLOR: '1' } });
    assert.ok(coloured.stdout.includes('\u001b[31mOVERRIDDEN'));
  });

  it('asks nothing on the way back, and says so', async (t) => {
    const { millrace, ok } = await gatedProject(t, '  production: { gates: [examples] }', [
      { version: '1.0.0' },
      { version: '1.1.0' },
    ]);
    for (const version of ['1.0.0', '1.1.0']) await ok('promote', `ride@${version}`, '--to', 'production');
    const back = await millrace('rollback', 'ride', '--env', 'production');
    assert.equal(back.code, 0);
    assert.match(back.stderr, /without asking a gate/);
    assert.match(back.stdout, /is back at 1\.0\.0/);
  });

  it('is refused to programs at every door, the registry itself included', async (t) => {
    const { app } = await gatedProject(t, gated, [{ version: '1.0.0' }]);
    const opened = app();
    const isRefused = (error: unknown): boolean => error instanceof MillraceError && error.code === 'GATE_REFUSED';
    await assert.rejects(opened.promote('ride@1.0.0', { to: 'production' }), isRefused);
    const registry = await opened.registry();
    await assert.rejects(registry.promote({ name: 'ride', version: '1.0.0', to: 'production' }), isRefused);
    await opened.close();
  });

  it('counts approvals of others than who packed the version', async (t) => {
    const { millrace, ok } = await gatedProject(t, '  production: { gates: [approvals: 2] }', [{ version: '1.0.0' }]);
    const approve = (who: string) => ok('approve', 'ride@1.0.0', '--for', 'production', '--as', who);
    await ok('approve', 'ride@1.0.0', '--for', 'production');
    await approve('bob');
    await approve('bob');
    const { stderr } = await millrace('promote', 'ride@1.0.0', '--to', 'production');
    assert.match(stderr, /approvals: not enough data: 1 of 2 others than ada have approved/);
    assert.match(await approve('eve'), /approved for production by ada, bob, eve/);
    assert.match(await ok('promote', 'ride@1.0.0', '--to', 'production'), /approvals +pass +2 of 2/);
  });
});

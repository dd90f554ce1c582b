import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { type Ended, within } from '../../src/threads/ended.ts';
import { startProcess } from '../../src/threads/start-process.ts';
import { startThread } from '../../src/threads/start-thread.ts';
import type { TestCalls } from './calls.ts';

const lost = ({ how }: Ended): Error => new Error(`lost: ${how}`);
const threadFile = new URL('./calls-thread.ts', import.meta.url);
const processFile = new URL('./calls-process.ts', import.meta.url);

const kinds = {
  thread: (t: TestContext) => {
    const thread = startThread<TestCalls>(threadFile, { lost });
    t.after(() => thread.kill('the test is over'));
    return thread;
  },
  process: (t: TestContext) => {
    const child = startProcess<TestCalls>(processFile, { lost, memoryBytes: 2 ** 40, hungUpMs: 500 });
    t.after(() => child.close(0));
    return child;
  },
};

for (const [kind, start] of Object.entries(kinds)) {
  describe(`a ${kind}`, () => {
    it('answers each question with its own answer, whichever is ready first', async (t) => {
      const one = start(t);
      const slow = one.ask('later', [200, 'slow']);
      const order: unknown[] = [];
      await Promise.all([slow, one.ask('add', [1, 2])].map(async (asked) => order.push(await asked)));
      assert.deepEqual(order, [3, 'slow']);
    });

    it('throws where it was asked what it has thrown', async (t) => {
      const one = start(t);
      await assert.rejects(one.ask('refuse', []), {
        name: 'MillraceError',
        problem: { code: 'BAD_REQUEST', message: 'Not this one.', field: 'a' },
      });
      const plain = { message: 'it is locked', code: 'ERR_SQLITE_ERROR', errcode: 5 };
      await assert.rejects(one.ask('breakDown', []), plain);
    });

    it('refuses what cannot be sent, and goes on', async (t) => {
      const one = start(t);
      await assert.rejects(one.ask('giveFunction', []), /could not be cloned/);
      await assert.rejects(one.ask('add', [1, (() => 1) as never]), /could not be cloned/);
      assert.equal(await one.ask('add', [1, 2]), 3);
    });

    it('tells who waits, and who asks later, how it has ended', async (t) => {
      const one = start(t);
      assert.equal(await one.ask('add', [1, 2]), 3);
      const waiting = assert.rejects(one.ask('later', [60_000, 1]), { message: 'lost: exit code 3' });
      one.say('end', [3]);
      await waiting;
      assert.deepEqual([(await one.gone).how, one.isGone], ['exit code 3', true]);
      await assert.rejects(one.ask('add', [1, 2]), { message: 'lost: exit code 3' });
      one.say('add', [1, 2]);
    });

    it('that loops is ended once it has taken too long', async (t) => {
      const one = start(t);
      await one.ask('add', [1, 2]);
      const asked = within(300, one.ask('loop', []), () => one.kill('it took too long'));
      await assert.rejects(asked, { message: 'lost: it took too long' });
    });

    it('that loops is closed in time', async (t) => {
      const one = start(t);
      const asked = assert.rejects(one.ask('loop', []), /^Error: lost: it did not end by itself/);
      await one.close(300);
      await asked;
    });

    it('hears nothing in what is no call, and no answer to what was asked', async (t) => {
      const one = start(t);
      assert.equal(await one.ask('meddle', []), 'done');
      assert.equal(await one.ask('add', [1, 2]), 3);
    });
  });
}

describe('a thread', () => {
  it('that throws is told by what it has thrown', async (t) => {
    const thread = kinds.thread(t);
    thread.say('throwLater', []);
    const { how, error } = await thread.gone;
    assert.deepEqual([how, error?.message], ['nobody has asked for this', 'nobody has asked for this']);
  });

  it('is given memory, and gives some, without a copy', async (t) => {
    const thread = kinds.thread(t);
    const bytes = new ArrayBuffer(64);
    assert.equal(await thread.ask('measure', [bytes], [bytes]), 64);
    assert.ok(bytes.detached);
    assert.equal((await thread.ask('give', [1000])).length, 1000);
  });

  it('does what it was asked before it closes', async (t) => {
    const thread = kinds.thread(t);
    const asked = [thread.ask('add', [1, 2]), thread.ask('add', [3, 4])];
    await thread.close();
    assert.deepEqual(await Promise.all(asked), [3, 7]);
    await thread.close();
  });

  it('keeps a process alive as long as it is asked something, and no longer', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'forgetful.ts')]);
    assert.equal(stdout, 'answered\n');
  });
});

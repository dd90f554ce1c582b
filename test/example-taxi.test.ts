import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { Broker } from '../src/brokers/broker.ts';
import { openBroker } from '../src/brokers/index.ts';
import { withKafka } from './kafka.ts';
import { runCli } from './run-cli.ts';
import { tempFolder } from './temp-folder.ts';
import { until } from './until.ts';

const root = join(import.meta.dirname, '..');

/** The example in a folder of its own, which no story has run in. */
const copyExample = (t: TestContext): string => {
  const folder = tempFolder(t);
  const taxi = join(folder, 'examples', 'taxi');
  mkdirSync(taxi, { recursive: true });
  cpSync(join(root, 'examples', 'taxi'), taxi, {
    recursive: true,
    filter: (path) => basename(path) !== '.millrace',
  });
  symlinkSync(join(root, 'src'), join(folder, 'src'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  return taxi;
};

/** Registers another model under the name and version of one of the story's, as an earlier release may have. */
const packAnother = async (taxi: string, home: string): Promise<void> => {
  const other = join(taxi, 'models', 'other');
  cpSync(join(taxi, 'models', 'ride-fare'), other, { recursive: true });
  appendFileSync(join(other, 'model.yaml'), '\n# as it was\n');
  writeFileSync(join(other, 'examples.json'), '[]');
  const { code, stderr } = await runCli(['pack', other], { cwd: taxi, env: { MILLRACE_HOME: home } });
  assert.equal(code, 0, stderr);
};

/** `npm start` without a terminal, on any free port and the embedded log. */
const startStory = (t: TestContext, taxi: string, env: NodeJS.ProcessEnv = {}) => {
  const { KAFKA_URL: _, MILLRACE_HOME: __, ...outside } = process.env;
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(taxi, 'start.ts')], {
    cwd: taxi,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...outside, PORT: '0', ...env },
  });
  t.after(() => child.kill('SIGKILL'));
  const closed = once(child, 'close');
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      said += String(data);
    });
  }
  return {
    said: () => said,
    over: () => child.exitCode !== null,
    end: async (signal?: 'SIGINT'): Promise<number | null> => {
      if (signal) child.kill(signal);
      await closed;
      return child.exitCode;
    },
  };
};

/** What the events of a topic are about. */
const readKeys = async (broker: Broker, topic: string): Promise<ReadonlySet<string>> => {
  const keys = new Set<string>();
  for await (const { events } of broker.read(topic, { from: 'earliest', untilEnd: true })) {
    for (const { value } of events) keys.add(JSON.parse(Buffer.from(value ?? []).toString()).data.key);
  }
  return keys;
};

describe('the story of the taxi rides', { timeout: 250_000 }, () => {
  it('goes from packing to offers on rides that pass, says it in plain lines, and ends well with Ctrl-C', async (t) => {
    const taxi = copyExample(t);
    const home = join(taxi, '.millrace');
    await packAnother(taxi, home);
    const story = startStory(t, taxi);
    const last =
      '5. Streams: rides are booked and started; three models predict each of them, and rules make an offer.\n';
    await until('rides pass', () => story.said().endsWith(last) || story.over());
    const said = story.said();
    assert.match(
      said,
      /error VERSION_TAKEN.*\n.*\n\nAn earlier release of this story was here\..* all begins anew\.\n/,
    );
    const [aside] = readdirSync(home).filter((name) => name.startsWith('before-'));
    assert.ok(readdirSync(join(home, aside)).includes('registry.db'));
    for (const told of [
      /ride-tip@production is now 1\.0\.0/,
      /1,000 rows in, 1,000 out/,
      / 200 \{"id":.*"prediction":\{"dollars":/,
      / 422 \{"error":\{"code":"OUT_OF_RANGE"/,
      /data: \{.*"deployment":"quoted-durations".*"prediction":\{"minutes":/,
    ]) {
      assert.match(said, told);
    }
    assert.ok(!said.includes('\u001b'), 'no colours where there is no terminal');

    const broker = await openBroker('embedded', { home, folder: taxi });
    t.after(() => broker.close());
    const keysOf = (topic: string) => readKeys(broker, topic);
    await until('rides are decided', async () => (await keysOf('ride.offers')).size >= 3 || story.over());
    const decided = await keysOf('ride.offers');
    for (const topic of ['ride.fares', 'ride.durations']) {
      const predicted = await keysOf(topic);
      assert.ok(
        [...decided].every((key) => predicted.has(key)),
        `${topic} has what was decided`,
      );
    }
    assert.ok((await keysOf('ride.tips')).size > 0);
    assert.equal(story.said(), said, 'where there is no terminal, rides pass in silence');

    assert.equal(await story.end('SIGINT'), 0, story.said());
    assert.match(story.said(), /stopped: \d+ decided/);
  });

  it('says what to do where a home that was named holds other models', async (t) => {
    const taxi = copyExample(t);
    const home = join(taxi, 'home');
    await packAnother(taxi, home);
    const before = readdirSync(home);
    const story = startStory(t, taxi, { MILLRACE_HOME: home });
    assert.equal(await story.end(), 2);
    assert.match(story.said(), /home \(\$MILLRACE_HOME\) holds other models.*\n.*delete this one/);
    assert.deepEqual(readdirSync(home), before);
  });

  withKafka('The story of the taxi rides on Kafka', (lend) => {
    it('passes on Kafka where KAFKA_URL names one', async (t) => {
      const { address } = await lend();
      const taxi = copyExample(t);
      const broker = await openBroker(address, { home: taxi, folder: taxi });
      t.after(() => broker.close());
      // Stories of other times may have been on a Kafka that is not the test's own.
      await broker.ensureTopic('ride.offers');
      const before = (await readKeys(broker, 'ride.offers')).size;
      const story = startStory(t, taxi, { KAFKA_URL: address });
      const decided = async () => (await readKeys(broker, 'ride.offers')).size > before;
      await until('rides are decided', async () => story.over() || (await decided()));
      assert.match(story.said(), /reading kafka:/);
      assert.match(story.said(), /data: \{.*"deployment":"quoted-durations"/);
      assert.equal(await story.end('SIGINT'), 0, story.said());
    });
  });
});

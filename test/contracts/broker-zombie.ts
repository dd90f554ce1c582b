import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface ZombieOptions {
  readonly address: string;
  readonly group: string;
  readonly topic: string;
  readonly to: string;
}

/** A process that takes events, is put to sleep, and commits when it wakes. */
export interface Zombie {
  /** Waits for a line `<word> <rest>` and gives back the rest. */
  said(word: string): Promise<string>;
  stop(): void;
  wake(): void;
  kill(): Promise<void>;
}

export const startZombie = async (options: ZombieOptions): Promise<Zombie> => {
  const child = spawn(process.execPath, [import.meta.filename, JSON.stringify(options)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  let tell = () => {};
  createInterface(child.stdout).on('line', (line) => {
    lines.push(line);
    tell();
  });
  const ended = new Promise<void>((resolve) => {
    child.on('exit', () => resolve());
  });
  return {
    said: async (word) => {
      for (;;) {
        const line = lines.find((one) => one.startsWith(`${word} `) || one === word);
        if (line !== undefined) return line.slice(word.length + 1);
        await new Promise<void>((resolve) => {
          tell = resolve;
        });
      }
    },
    stop: () => child.kill('SIGSTOP'),
    wake: () => {
      child.kill('SIGCONT');
      child.stdin.write('commit\n');
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
};

if (process.argv[1] === import.meta.filename) {
  const { openBroker } = await import('../../src/brokers/index.ts');
  const { address, group, topic, to } = JSON.parse(process.argv[2] ?? '') as ZombieOptions;
  const say = (line: string): boolean => process.stdout.write(`${line}\n`);
  const woken = new Promise((resolve) => process.stdin.once('data', resolve));
  const broker = await openBroker(address, { home: '.', folder: '.' });
  broker.consume({ group, topics: [topic], start: 'earliest' }, async (partition) => {
    const { events, position } = await partition.take(100);
    if (events.length === 0) return;
    say('took');
    await woken;
    try {
      await partition.commit(
        position,
        events.map(({ key, value }) => ({ topic: to, key, value })),
      );
      say('commit DONE');
    } catch (error) {
      say(`commit ${(error as { code?: string }).code}`);
    }
    await new Promise(() => {});
  });
}

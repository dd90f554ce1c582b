/** `npm run bench <name> [-- --short --json]`: runs `<name>.bench.ts` and prints what it measured. */
import { readdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { nearest } from '../src/core/nearest.ts';
import { type Cell, createTerminal, type Terminal } from '../src/terminal/terminal.ts';
import type { Bench, BenchResult, Goal } from './bench.ts';

const names = readdirSync(import.meta.dirname)
  .flatMap((file) => /^(.+)\.bench\.ts$/.exec(file)?.[1] ?? [])
  .sort();
const load = (name: string): Promise<Bench> => import(`./${name}.bench.ts`);

const rounded = (value: Cell): Cell =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;

const goalText = ({ atLeast, atMost }: Goal): string =>
  [...(atLeast === undefined ? [] : [`≥ ${atLeast}`]), ...(atMost === undefined ? [] : [`≤ ${atMost}`])].join(', ');
const met = (value: number, { atLeast = -Infinity, atMost = Infinity }: Goal): boolean =>
  value >= atLeast && value <= atMost;

const print = (terminal: Terminal, { rows, ratios, goals = {} }: BenchResult, short: boolean): void => {
  terminal.table(
    rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, rounded(value)]))),
  );
  terminal.out('');
  terminal.table(
    Object.entries(ratios).map(([name, value]) => {
      const goal = goals[name];
      const verdict = short ? '' : goal && met(value, goal) ? 'met' : 'missed';
      return {
        'against the yardstick': name,
        ratio: value.toFixed(3),
        goal: goal ? `${goalText(goal)} ${verdict}`.trim() : '',
      };
    }),
  );
};

const list = async (terminal: Terminal): Promise<void> => {
  terminal.table(await Promise.all(names.map(async (name) => ({ name, summary: (await load(name)).summary }))), [
    'name',
    'summary',
  ]);
  terminal.err('\nnpm run bench <name>              prints a table');
  terminal.err('npm run bench <name> -- --json    prints the figures alone');
  terminal.err('npm run bench <name> -- --short   only shows that it runs');
};

const main = async (): Promise<number> => {
  const terminal = createTerminal(process);
  const {
    values: { json, short },
    positionals: [name],
  } = parseArgs({
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false }, short: { type: 'boolean', default: false } },
  });
  if (name === undefined) {
    await list(terminal);
    return 0;
  }
  if (!names.includes(name)) {
    const meant = nearest(name, names);
    terminal.err(`There is no bench/${name}.bench.ts${meant === undefined ? '' : `, did you mean ${meant}?`}`);
    return 2;
  }
  const bench = await load(name);
  const machine = `Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}`;
  if (!json) terminal.out(`${bench.summary}\n${machine}${short ? ', short form: the figures mean nothing' : ''}\n`);
  const result = await bench.run({ short });
  if (json) terminal.json({ bench: name, machine, short, ...result });
  else print(terminal, result, short);
  return 0;
};

process.exitCode = await main();

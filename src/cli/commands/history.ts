import type { Command } from 'commander';
import { readMoment } from '../../registry/moment.ts';
import type { Registry } from '../../registry/types.ts';
import { oneLine, shortDigest, shortTime } from '../../terminal/short.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { type Cli, examples } from '../command.ts';
import { verdictsText } from '../gates.ts';

interface Options {
  readonly env?: string;
  readonly at?: string;
  readonly json?: true;
}

const showMoves = async (
  registry: Registry,
  name: string,
  { env, json }: Options,
  terminal: Terminal,
): Promise<void> => {
  const [history, versions] = await Promise.all([registry.history(name, env), registry.versions(name)]);
  const digests = new Map(versions.map(({ version, digest }) => [version, digest]));
  const moves = history.map((move) => ({ ...move, digest: digests.get(move.to) }));
  if (json) return terminal.json(moves);
  if (moves.length === 0) return terminal.err(`${name} has not been promoted ${env ? `to ${env}` : 'anywhere'} yet`);
  const isJudged = moves.some(({ verdicts }) => verdicts !== undefined);
  terminal.table(
    moves.map(({ at, environment, action, from, to, digest, who, why, verdicts }) => ({
      when: shortTime(at),
      environment,
      action,
      from: from ?? '–',
      to,
      digest: digest && shortDigest(digest),
      who: oneLine(who),
      why: oneLine(why),
      ...(isJudged && { gates: verdictsText(verdicts, terminal) }),
    })),
  );
};

const showMoment = async (
  registry: Registry,
  name: string,
  date: Date,
  { env, json }: Options,
  terminal: Terminal,
): Promise<void> => {
  const asked = env === undefined ? registry.environments : [env];
  const found = await Promise.all(
    asked.map(async (environment) => ({ environment, pointer: await registry.at({ name, env: environment, date }) })),
  );
  if (json) return terminal.json(found.map(({ environment, pointer }) => pointer ?? { environment, version: null }));
  terminal.err(`${name} at ${shortTime(date.toISOString())}`);
  terminal.table(
    found.map(({ environment, pointer }) => ({
      environment,
      version: pointer?.version ?? '–',
      digest: pointer && shortDigest(pointer.digest),
      since: pointer && shortTime(pointer.since),
      who: oneLine(pointer?.who),
      why: oneLine(pointer?.why),
    })),
  );
};

export const define = (command: Command, { app, terminal }: Cli): void => {
  command
    .argument('<name>', 'the model')
    .option('--env <environment>', 'only this environment')
    .option('--at <date>', 'where environments pointed then: a day (its end, in UTC), or a time with its zone')
    .option('--json', 'print JSON')
    .action(async (name: string, options: Options) => {
      const date = options.at === undefined ? undefined : readMoment(options.at, '--at');
      const registry = await (await app()).lookup();
      if (date) await showMoment(registry, name, date, options, terminal);
      else await showMoves(registry, name, options, terminal);
    });
  examples(
    command,
    ['millrace history ride-duration', 'every move, the oldest first'],
    ['millrace history ride-duration --env production --at 2026-11-01', 'what production pointed at that day'],
  );
};

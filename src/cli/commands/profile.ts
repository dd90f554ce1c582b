import type { Command } from 'commander';
import { profileTable } from '../../monitor/profiles/table.ts';
import { readMoment } from '../../registry/moment.ts';
import { shortDigest, shortTime } from '../../terminal/short.ts';
import { type Cli, examples } from '../command.ts';

const DAY_MS = 86_400_000;

export const define = (command: Command, { app, terminal }: Cli): void => {
  command
    .argument('<deployment>', 'as millrace.yaml calls it, or the reference that was served')
    .option(
      '--since <date>',
      'what was answered after that day (in UTC), or since that time; the last 24 hours unless given',
    )
    .option('--json', 'print JSON')
    .action(async (deployment: string, { since, json }: { readonly since?: string; readonly json?: true }) => {
      const from = since === undefined ? new Date(Date.now() - DAY_MS) : readMoment(since, '--since');
      const profiles = await (await app()).profiles();
      const found = await profiles.of(deployment, from);
      if (json) return terminal.json(found);
      if (found.length === 0) terminal.err(`Nothing that ${deployment} has answered since then was counted.`);
      for (const span of found) {
        const { model, version, digest, rows, refused, at } = span;
        terminal.err(
          `${model}@${version} ${shortDigest(digest)}: ${rows} rows since ${shortTime(at)}, ${refused} refused`,
        );
        terminal.table(profileTable(span).map((row) => ({ ...row })));
      }
    });
  examples(command, ['millrace profile ride-duration', 'what it was asked and has answered in the last 24 hours']);
};

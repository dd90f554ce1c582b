import { resolve } from 'node:path';
import type { Command } from 'commander';
import { type MonitoringExport, writeExport } from '../../export/prometheus/write.ts';
import { writePackage } from '../../package/write-package.ts';
import { type Cli, examples } from '../command.ts';

interface Options {
  readonly out?: string;
  readonly prefix?: string;
  readonly force?: boolean;
}

export const define = (command: Command, { app, cwd, terminal }: Cli): void => {
  const c = command
    .command('c')
    .summary('one header in C99, for devices')
    .description(
      'Write a package as one header in C99, with the same answers to the last bit; or say why it cannot be.',
    )
    .argument('<ref>', 'name@version, name@environment, name@sha256:…, name, a folder or a package file')
    .option('-o, --out <file>', 'write it to a file, and not to stdout')
    .option('--prefix <name>', "what its names begin with (default: the model's name)")
    .option('--force', 'replace a file that is there')
    .action(async (ref: string, { out, prefix, force = false }: Options) => {
      const header = await (await app()).exportC(ref, { prefix });
      if (out === undefined || out === '-') return terminal.out(header.trimEnd());
      await writePackage(resolve(cwd, out), Buffer.from(header), { force, given: out, what: 'file' });
    });
  const monitoring = (name: MonitoringExport, summary: string, description: string): Command =>
    command
      .command(name)
      .summary(summary)
      .description(description)
      .argument('<deployment>', 'its name in millrace.yaml')
      .option('-o, --out <file>', 'write it to a file, and not to stdout')
      .option('--force', 'replace a file that is there')
      .action(async (deployment: string, { out, force = false }: Options) => {
        const written = await writeExport(name, (await app()).project, deployment);
        if (out === undefined || out === '-') return terminal.out(written.trimEnd());
        await writePackage(resolve(cwd, out), Buffer.from(written), { force, given: out, what: 'file' });
      });
  const grafana = monitoring(
    'grafana',
    'a dashboard of a deployment',
    'Write a dashboard of a deployment for Grafana, as JSON to import: alerts, drift, missing values, calls or events.',
  );
  const rules = monitoring(
    'alert-rules',
    'rules for Prometheus',
    'Write the rules by which Prometheus raises alerts on what /metrics tells of a deployment, as YAML.',
  );
  examples(grafana, ['millrace export grafana ride-duration -o dashboard.json', 'to import in Grafana']);
  examples(rules, ['millrace export alert-rules ride-duration -o rules.yml', 'to name under rule_files']);
  for (const one of [command, c])
    examples(
      one,
      ['millrace export c churn@production -o churn.h', 'a header to include'],
      ['millrace export c ./models/churn', 'see what it would be'],
    );
};

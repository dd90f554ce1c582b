/** `millrace monitor report`: one page for people. */
import { resolve } from 'node:path';
import { reportOn } from '../../monitor/report/report.ts';
import { writePackage } from '../../package/write-package.ts';
import { readBegin } from '../../registry/moment.ts';
import type { Cli } from '../command.ts';

export interface MonitorReportOptions {
  readonly out?: string;
  readonly since?: string;
  readonly force?: boolean;
}

const MONTH_MS = 30 * 86_400_000;

export const reportMonitor = async (name: string, options: MonitorReportOptions, cli: Cli): Promise<void> => {
  const { cwd, terminal } = cli;
  const { out, force = false } = options;
  const { clock, monitor } = await cli.app();
  const since =
    options.since === undefined ? new Date(clock().getTime() - MONTH_MS) : readBegin(options.since, '--since');
  const page = await reportOn(await monitor(), name, since, clock());
  if (out === undefined || out === '-') return terminal.out(page.trimEnd());
  await writePackage(resolve(cwd, out), Buffer.from(page), { force, given: out, what: 'page' });
  terminal.err(`wrote ${out}`);
};

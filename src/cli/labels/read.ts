/** `millrace labels read`: the scheduled query of a deployment, now. */
import type { Cli } from '../command.ts';
import { tellImported } from './import.ts';

export const readNow = async (name: string, { json }: { readonly json?: true }, cli: Cli): Promise<void> => {
  const { terminal, signal } = cli;
  const found = await (await cli.app()).readLabels(name, { now: true, signal });
  if (json) terminal.json(found ?? null);
  else if (found === undefined) terminal.err(`another process reads the labels of ${name}`);
  else tellImported(found, terminal);
  if (found !== undefined && Object.keys(found.rejected).length > 0) cli.exit(1);
};

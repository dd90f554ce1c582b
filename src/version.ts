import { readFileSync } from 'node:fs';

/** The version of Millrace that runs, as its package.json says. */
export const version = (): string => {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
};

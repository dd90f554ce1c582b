/** Who imports whom, as a bundler reads it. */
import { type InputOptions, type Plugin, rolldown } from 'rolldown';

/** By module: those that it cannot run without. */
export type Imports = ReadonlyMap<string, readonly string[]>;

/** Loads every module, and writes nothing. */
export const readImports = async (options: InputOptions): Promise<Imports> => {
  const imports = new Map<string, readonly string[]>();
  const reader: Plugin = {
    name: 'who imports whom',
    moduleParsed({ id, importedIds }) {
      imports.set(id, importedIds);
    },
  };
  const bundle = await rolldown({ ...options, plugins: [options.plugins, reader] });
  await bundle.generate();
  await bundle.close();
  return imports;
};

export const reachedFrom = (starts: readonly string[], imports: Imports): ReadonlySet<string> => {
  const reached = new Set(starts);
  for (const id of reached) for (const next of imports.get(id) ?? []) reached.add(next);
  return reached;
};

/** What is asked of model files, and which formats one may be of. */
import { runtimes } from './index.ts';
import type { Asking, ModelFormat, Runtime } from './runtime.ts';

const asking: Asking = {
  graph: async (choice) => (await import('./onnx-format.ts')).onnxFormat(choice),
  trees: async (load) => (await import('./trees/formats/tree-format.ts')).treeFormat(await load()),
};

export const formatOf = (runtime: Runtime): Promise<ModelFormat> => runtime.format(asking);

/** A format by the name that a package calls it. */
export interface Claim extends ModelFormat {
  readonly runtime: string;
}

const claims = (): Promise<readonly Claim[]> =>
  Promise.all(Object.entries(runtimes).map(async ([runtime, row]) => ({ runtime, ...(await formatOf(row)) })));

/** Formats of a file: those whose files begin as it does, or, where none does, those whose names end as its name. */
export const claimants = async (file: Uint8Array, name: string): Promise<readonly Claim[]> => {
  const all = await claims();
  const byContent = all.filter(({ matches }) => matches?.(file));
  if (byContent.length > 0) return byContent;
  return all.filter(
    ({ matches, endings }) => !matches && endings.some((ending) => name.toLowerCase().endsWith(ending)),
  );
};

/** What a file that no format claims is read as, to be told what is wrong with it. */
export const unclaimed = (): Promise<ModelFormat> => formatOf(runtimes.onnx);

/** How names of model files end. */
export const endings = async (): Promise<readonly string[]> => [
  ...new Set((await claims()).flatMap((format) => format.endings)),
];

/** What is read, in words: "an .onnx file, or what XGBoost saves as .json or .ubj". */
export const readable = async (): Promise<string> => {
  const all = [...new Set((await claims()).map(({ reads }) => reads))];
  return `${all.slice(0, -1).join(', ')}, or ${all.at(-1)}`;
};

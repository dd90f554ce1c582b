/** What is asked of model files, and which formats one may be of. */
import { runtimes } from './index.ts';
import type { FormatFamilies, ModelFormat, Runtime } from './runtime.ts';

const families: FormatFamilies = {
  graph: async (choice) => (await import('./onnx-format.ts')).onnxFormat(choice),
  trees: async (load) => (await import('./trees/formats/tree-format.ts')).treeFormat(await load()),
};

export const formatOf = (runtime: Runtime): Promise<ModelFormat> => runtime.format(families);

/** A format, with what a package calls it. */
interface NamedFormat extends ModelFormat {
  readonly runtime: string;
}

const allFormats = (): Promise<readonly NamedFormat[]> =>
  Promise.all(Object.entries(runtimes).map(async ([runtime, row]) => ({ runtime, ...(await formatOf(row)) })));

/** Formats of a file: those whose files begin as it does, or, where none does, those whose names end as its name. */
export const claimants = async (file: Uint8Array, name: string): Promise<readonly NamedFormat[]> => {
  const all = await allFormats();
  const byContent = all.filter(({ matches }) => matches?.(file));
  if (byContent.length > 0) return byContent;
  const lower = name.toLowerCase();
  return all.filter(({ matches, endings }) => !matches && endings.some((ending) => lower.endsWith(ending)));
};

/** What a file of no known format is read as, to be told what is wrong with it. */
export const unclaimed = (): Promise<ModelFormat> => formatOf(runtimes.onnx);

/** How names of model files end. */
export const endings = async (): Promise<readonly string[]> => (await allFormats()).flatMap((format) => format.endings);

/** What is read, in words: "an .onnx file, what XGBoost saves as .json or .ubj, or …". */
export const readable = async (): Promise<string> => {
  const all = [...new Set((await allFormats()).map(({ reads }) => reads))];
  return `${all.slice(0, -1).join(', ')}, or ${all.at(-1)}`;
};

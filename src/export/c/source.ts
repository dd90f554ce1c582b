/** What C is written of: the graph or the trees that the package's runtime would be opened with. */
import type { ModelSession } from '../../core/types.ts';
import type { Package } from '../../package/layout.ts';
import { runtimeOf } from '../../runtimes/index.ts';
import type { TreeFile } from '../../runtimes/trees/formats/tree-file.ts';
import { notExportable } from './refuse.ts';

export type CSource = { readonly graph: Uint8Array } | { readonly trees: TreeFile };

const idle: ModelSession = {
  inputs: [],
  outputs: [],
  batchInvariant: true,
  run: async () => ({}),
  close: async () => {},
};

/** @throws NOT_EXPORTABLE for what ONNX Runtime is to answer in any case; BAD_MODEL */
export const sourceOf = async ({ manifest, files }: Package): Promise<CSource> => {
  const runtime = runtimeOf(manifest);
  let found: CSource | undefined;
  const keep = (source: CSource): ModelSession => {
    found = source;
    return idle;
  };
  await runtime.open(files.get(runtime.file) ?? new Uint8Array(), {
    own: async () => ({
      openOnnx: async (graph) => keep({ graph }),
      openTrees: async (graph) => keep({ graph }),
      openTreeFile: async (trees) => keep({ trees }),
    }),
    onnxRuntime: async () => {
      throw notExportable('ONNX Runtime answers, because its model.yaml says so');
    },
  });
  if (found === undefined) throw notExportable(`the runtime ${manifest.runtime} has no form in C`);
  return found;
};

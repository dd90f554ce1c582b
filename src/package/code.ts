/** What of a package is code, or brings operators of its own: told without running any of it. Web-standard. */
import { modelFiles } from '../runtimes/model-files.ts';
import { operatorOf } from '../runtimes/onnx-node.ts';
import { functionsOf, visitParts } from '../runtimes/onnx-parts.ts';
import type { Package } from './layout.ts';
import { riskOf } from './risk.ts';

export interface PackageCode {
  /** The transform module. */
  readonly transform: { readonly bytes: number; readonly sha256: string } | undefined;
  /** Operators that the graph defines itself, out of others. */
  readonly functions: readonly string[];
  /** Operators that are neither of the ONNX standard nor of the graph itself, such as com.microsoft.Tokenizer. */
  readonly custom: readonly string[];
  /** Why the package is not known to be safe; undefined when it is. */
  readonly risk: string | undefined;
}

const standard: ReadonlySet<string> = new Set(['', 'ai.onnx', 'ai.onnx.ml']);

/** @throws BAD_MODEL for a model that cannot be read */
export const codeOf = (found: Package): PackageCode => {
  const { manifest, files, digests } = found;
  // Files of other libraries than ONNX hold numbers alone.
  const isGraph = modelFiles[manifest.runtime] === modelFiles.onnx;
  const model = (isGraph && files.get(modelFiles.onnx)) || new Uint8Array();
  const functions = functionsOf(model);
  const custom = new Set<string>();
  visitParts(model, {
    node: (node) => {
      const name = operatorOf(node);
      if (!standard.has(node.domain) && !functions.includes(name)) custom.add(name);
    },
  });
  const transform = files.get('transform.js');
  return {
    transform: transform && {
      bytes: transform.length,
      sha256: (digests.get('transform.js') ?? '').replace('sha256:', ''),
    },
    functions,
    custom: [...custom],
    risk: riskOf(found),
  };
};

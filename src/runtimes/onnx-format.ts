/** What packing and proving ask of an ONNX file. Web-standard. */
import { compilePreparation } from '../core/prepare.ts';
import type { AnsweringRuntime } from '../core/types.ts';
import { WEIGHTS_FILE } from '../core/weights.ts';
import { draftOfGraph } from './onnx-draft.ts';
import { gatherOnnx, splitOnnx } from './onnx-gather.ts';
import { readOnnx } from './onnx-graph.ts';
import { refuseMaps } from './onnx-map.ts';
import { operatorOf } from './onnx-node.ts';
import { functionsOf, placesOutside, refuseChance, refuseOutside, visitParts } from './onnx-parts.ts';
import { riskOfOnnx } from './onnx-risk.ts';
import { type Choice, type ModelFormat, type OwnOperators, WEIGHTS_APART } from './runtime.ts';
import { openWith, reasonOf } from './trees/open.ts';
import { everyOperator } from './trees/operators/every.ts';
import { Unusual } from './trees/unusual.ts';

/** Where weights of a package may lie, when its graph is read and not run. */
const APART: ReadonlySet<string> = new Set([WEIGHTS_FILE]);

const STANDARD: ReadonlySet<string> = new Set(['', 'ai.onnx', 'ai.onnx.ml']);

const operators = (file: Uint8Array): OwnOperators => {
  const functions = functionsOf(file);
  const custom = new Set<string>();
  visitParts(file, {
    node: (node) => {
      const name = operatorOf(node);
      if (!STANDARD.has(node.domain) && !functions.includes(name)) custom.add(name);
    },
  });
  return { functions, custom: [...custom] };
};

/** Where model.yaml says nothing, the own runtime answers if it can. */
const answeringFor =
  (choice: Choice | undefined) =>
  (file: Uint8Array): AnsweringRuntime => {
    if (choice === 'onnx') return { name: 'onnxruntime', why: 'its model.yaml says so' };
    const outside = placesOutside(file);
    if (choice === undefined && outside.has(WEIGHTS_FILE)) return { name: 'onnxruntime', why: WEIGHTS_APART };
    if (outside.size > 0) refuseOutside(file);
    const own = openWith(file, everyOperator);
    if (own instanceof Unusual && choice === undefined) return { name: 'onnxruntime', why: reasonOf(own) };
    return { name: 'trees' };
  };

export const onnxFormat = (choice: Choice | undefined): ModelFormat => {
  const answering = answeringFor(choice);
  return {
    reads: 'an .onnx file',
    endings: ['.onnx'],
    answersTo: [choice],
    gather: gatherOnnx,
    split: splitOnnx,
    answering,
    risk(file, manifest) {
      // The own runtime cannot crash, loops over what is there, and holds so many values at a time.
      if (answering(file).name === 'trees') return undefined;
      const { bindings } = compilePreparation(manifest, readOnnx(file).inputs, {});
      const open = bindings.find(({ size }) => size === undefined);
      if (open !== undefined) return `its input ${open.spec.name} may be of any length`;
      const fed = bindings.map(
        ({ spec, size = 1, shape }) => [spec.name, shape ?? (size === 1 ? [] : [size])] as const,
      );
      return riskOfOnnx(file, new Map(fed));
    },
    refuseChance(file) {
      refuseMaps(file);
      refuseChance(file);
    },
    operators,
    draft(file, names) {
      refuseMaps(file);
      return draftOfGraph(readOnnx(file, APART), names);
    },
  };
};

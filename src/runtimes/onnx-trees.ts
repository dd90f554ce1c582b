/**
 * Whether the trees of an ensemble end. ONNX Runtime follows whatever children are named: from a node whose child is one of
 * its ancestors it never comes back, and it builds trees by recursion, which a very deep one does not survive (seen with
 * 1.30: a cycle of two nodes loops for ever, a depth of 100,000 ends the process). Web-standard.
 */
import { floatCount, intsOf, type OnnxNode, stringsOf, tensorOf } from './onnx-node.ts';
import { readTensor } from './onnx-value.ts';

/** Far deeper than trees that were trained; a categorical split of LightGBM is a chain of nodes, one a category. */
const MAX_DEPTH = 2000;

/** Where in the lists a node of a tree stands: ids are small numbers, mostly. */
const indexNodes = (
  trees: readonly number[],
  ids: readonly number[],
): ReadonlyMap<number, ReadonlyMap<number, number>> => {
  const index = new Map<number, Map<number, number>>();
  for (let at = 0; at < trees.length; at++) {
    const own = index.get(trees[at]) ?? new Map<number, number>();
    index.set(trees[at], own.set(ids[at], at));
  }
  return index;
};

/** Why an ensemble is not known to end, in words; undefined when it is. `columns`: of a row that it is given. */
export const treeFlaw = (node: OnnxNode, columns: number): string | undefined => {
  const trees = intsOf(node, 'nodes_treeids');
  const ids = intsOf(node, 'nodes_nodeids');
  const features = intsOf(node, 'nodes_featureids');
  const yes = intsOf(node, 'nodes_truenodeids');
  const no = intsOf(node, 'nodes_falsenodeids');
  const modes = stringsOf(node, 'nodes_modes');
  const tracks = intsOf(node, 'nodes_missing_value_tracks_true');
  const count = trees.length;
  const asTensor = tensorOf(node, 'nodes_values_as_tensor');
  const values = asTensor ? readTensor(asTensor)?.dims[0]?.size : floatCount(node, 'nodes_values');
  if (values !== count) return 'its list of values has another length than its nodes';
  if ([ids, features, yes, no, modes].some(({ length }) => length !== count))
    return 'its lists of nodes differ in length';
  if (tracks.length !== 0 && tracks.length !== count) return 'its list of missing values has another length';
  const index = indexNodes(trees, ids);
  if ([...index.values()].reduce((total, { size }) => total + size, 0) !== count) return 'a node is there twice';

  /** How deep a tree is below a node: 0 not known yet, -1 while it is being looked at. */
  const depths = new Int32Array(count);
  for (let root = 0; root < count; root++) {
    if (depths[root] !== 0) continue;
    const way = [root];
    while (way.length > 0) {
      const at = way[way.length - 1];
      if (modes[at] === 'LEAF') {
        depths[at] = 1;
        way.pop();
        continue;
      }
      if (features[at] < 0 || features[at] >= columns) return `a node asks for column ${features[at]} of ${columns}`;
      depths[at] = -1;
      const own = index.get(trees[at]);
      const children = [own?.get(yes[at]), own?.get(no[at])];
      let deepest = 0;
      for (const child of children) {
        if (child === undefined) return 'a node has a child that is not there';
        if (depths[child] === -1) return 'a tree comes back to a node that it has passed, and never ends';
        if (depths[child] === 0) way.push(child);
        deepest = Math.max(deepest, depths[child]);
      }
      if (way[way.length - 1] !== at) {
        if (way.length > 2 * MAX_DEPTH) return `a tree is deeper than ${MAX_DEPTH} nodes`;
        continue;
      }
      depths[at] = deepest + 1;
      if (depths[at] > MAX_DEPTH) return `a tree is deeper than ${MAX_DEPTH} nodes`;
      way.pop();
    }
  }
  return undefined;
};

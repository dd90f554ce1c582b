/** Graph inputs whose rows are of several lengths. */
import { fail, show } from './errors.ts';
import type { BindTensor, TensorInfo } from './kinds/kind.ts';
import { isOff, NOTHING, rowTensorReader, showShape } from './row-tensor-reader.ts';
import { transformProblem } from './transform-problem.ts';

/** Binds a graph input to a tensor of any length. @throws BAD_MANIFEST where the graph does not leave open what the field does */
export const bindRagged =
  ({ dtype, shape }: TensorInfo): BindTensor =>
  (spec, shown, plain) => {
    const { name, dims } = spec;
    const rest = dims.slice(1);
    // A graph that does not say how many dimensions it wants may take these.
    if (
      dims.length > 0 &&
      !(rest.length === shape.length && rest.every((dim, at) => dim === null || dim === shape[at]))
    ) {
      throw fail('BAD_MANIFEST', `${shown} does not take ${name}, a tensor of shape ${showShape(shape)}.`, {
        field: name,
        expected: `shape: [${rest.map((dim) => dim ?? 'null').join(', ')}]`,
        got: showShape(shape),
      });
    }
    const read = rowTensorReader({ dtype, shape, nullable: true, most: Number.MAX_SAFE_INTEGER });
    return {
      spec,
      size: undefined,
      shape: undefined,
      read(batch) {
        const column = batch.columns.get(name);
        if (column?.type === 'ragged') return { rows: column.values };
        const rows = Array.from({ length: batch.rows }, (_, row) => {
          const value = column && plain(column, row);
          const tensor = read(value);
          if (!isOff(tensor)) return tensor;
          batch.refuse(
            row,
            transformProblem({ field: name }, `a ${dtype} tensor of shape ${showShape(shape)}`, show(value)),
          );
          return NOTHING;
        });
        return { rows };
      },
    };
  };

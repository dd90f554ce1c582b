/** What operators ask of their inputs: which dimension counts the rows, what is known of a row, what is the same for all. */
import type { Dtype } from '../../core/types.ts';
import { unusual } from './unusual.ts';
import { type Known, knownSize } from './values.ts';

/** Whether a value is the same for all rows, and not itself taken for one. */
export const isConstant = ({ constant, along }: Known): boolean => constant !== undefined && along !== -1;

/** An input that is there, and differs from row to row, whichever dimension counts them. @throws Unusual */
export const placed = (input: Known | undefined): Known => {
  if (input === undefined) throw unusual('an input that is not given');
  if (isConstant(input)) throw unusual('a constant where rows are expected');
  if (input.extents || input.padding !== undefined || input.isMerged)
    throw unusual('a shape where values are expected');
  return input;
};
/** An input that is there, differs from row to row, and counts them first. @throws Unusual */
export const batched = (input: Known | undefined): Known => {
  const found = placed(input);
  if ((found.along ?? 0) !== 0) throw unusual('rows that are not the first dimension');
  return found;
};
/** The values of an input that is the same for all rows, as numbers. @throws Unusual */
export const constantNumbers = (input: Known | undefined): readonly number[] => {
  const data = input?.constant?.data;
  if (data === undefined || input?.dtype === 'string')
    throw unusual('numbers that vary where they should stand in the file');
  return Array.from(data as ArrayLike<number | bigint>, Number);
};

/** A batched input whose rows are of a known size. @throws Unusual */
export const sized = (given: Known | undefined): { readonly input: Known; readonly size: number } => {
  const input = batched(given);
  const size = knownSize(input);
  if (size === undefined) throw unusual('rows whose size the graph does not say');
  return { input, size };
};

/** The same with rows of one dimension. @throws Unusual */
export const table = (given: Known | undefined): { readonly input: Known; readonly width: number } => {
  const { input, size } = sized(given);
  if (input.dims.length !== 1) throw unusual('rows that are no list of columns');
  return { input, width: size };
};

/** The same rows with other values. */
export const like = ({ along }: Partial<Known>, dtype: Dtype, dims: Known['dims']): Known => ({
  dtype,
  dims,
  ...(along && { along }),
});

/** Dimensions of the whole value, null for the one that counts the rows. @throws Unusual where a row's are not known */
export const wholeOf = ({ dims, along = 0, constant }: Known): readonly (number | null)[] => {
  if (dims.includes(null)) throw unusual('rows whose size the graph does not say');
  return constant || along === -1 ? dims : dims.toSpliced(along, 0, null);
};
/** The other way round. */
export const placedOf = (dtype: Dtype, whole: readonly (number | null)[]): Known => {
  const along = whole.indexOf(null);
  return like({ dtype, dims: [], along }, dtype, along === -1 ? whole : whole.toSpliced(along, 1));
};

/** An axis of the whole value as one of its rows. @throws Unusual for the rows themselves */
export const axisOf = (axis: number, { dims, along = 0 }: Known): number => {
  const rank = dims.length + (along === -1 ? 0 : 1);
  const place = axis < 0 ? axis + rank : axis;
  if (!(place >= 0 && place < rank) || place === along) throw unusual('an operator along the batch');
  return along !== -1 && place > along ? place - 1 : place;
};

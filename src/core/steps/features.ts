/** Steps that make features of columns and put them side by side, as a browser loads them: together. */
export { concat } from './concat.ts';
export { join, lookup } from './text.ts';

/**
 * The table of kinds. To add one: a file, and a row here and in `table.web.ts`, which stands in for this file in a browser and
 * loads a kind with the first field of it (docs/ADDING.md).
 */
import { boolean } from './boolean.ts';
import { category } from './category.ts';
import { datetime } from './datetime.ts';
import { image } from './image.ts';
import { integer } from './integer.ts';
import { number } from './number.ts';
import { tensor } from './tensor.ts';
import { text } from './text.ts';

export const kinds = { number, integer, category, text, boolean, datetime, tensor, image };

export type KindName = keyof typeof kinds;

/** All that there are, loaded or not. */
export const kindNames = Object.keys(kinds) as readonly KindName[];

/** Loads kinds by name, those that there are, before a field of them is asked for; here all are at hand. @throws NOT_LOADED */
export const loadKinds = async (_names: readonly string[]): Promise<void> => {};

/** Which fields are judged: all but instants, which lie later than those of the training data on every day. */
import { isInstant } from '../../core/kinds/index.ts';
import type { Fields } from '../../core/types.ts';

/** What is known of fields, without that of instants. */
export const judgedFields = <T>(known: Readonly<Record<string, T>>, fields: Fields): Readonly<Record<string, T>> =>
  Object.fromEntries(
    Object.entries(known).filter(([name]) => !Object.hasOwn(fields, name) || !isInstant(fields[name])),
  );

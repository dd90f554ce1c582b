/** What is told of a file that is no model of a format that is run: what it is, and the lines that lead on. */
import { basename, dirname } from 'node:path';
import { fail } from '../../core/errors.ts';
import { claimants, readable } from '../../runtimes/formats.ts';
import type { ForeignKind, WayOn } from './foreign-kind.ts';
import { foreignKinds } from './index.ts';
import { type Peek, peekAt } from './peek.ts';

/** Names that mean the same in a shell, in Python and in R, without quotes around them. */
const PLAIN_NAME = /^[\w./+-]+$/;

/** The lines of a way, for this file where its name can stand in them. */
const linesFor = ({ lines }: WayOn, file: string, shown: string): readonly string[] =>
  PLAIN_NAME.test(shown) && !shown.startsWith('-') ? lines.map((line) => line.replaceAll(file, shown)) : lines;

const textOf = (way: WayOn, file: string, shown: string): string =>
  [`${way.say}:`, ...linesFor(way, file, shown).map((line) => (line === '' ? '' : `    ${line}`))].join('\n  ');

export const kindOfPeek = (peek: Peek): ForeignKind | undefined =>
  Object.values(foreignKinds)
    .flat()
    .find(({ matches }) => matches(peek));

/** A graph is told by the folder that it lies in. */
const placeOf = (path: string): string => (basename(path) === 'saved_model.pb' ? dirname(path) : path);

/** Kinds that hold a model, if one that is not run as it is. */
const modelKinds = Object.values(foreignKinds)
  .filter((kinds) => kinds !== foreignKinds['Not a model'])
  .flat();

/** A format that is run is told by its first bytes, too, and comes first. */
const isRun = async ({ head }: Peek): Promise<boolean> => (await claimants(Buffer.from(head, 'latin1'), '')).length > 0;

/**
 * Whether a file holds a model: one that is run, by its content or its name, or one of the kinds that lead to one. Only its
 * beginning and its end are read.
 */
export const isModelFile = async (path: string): Promise<boolean> => {
  const peek = await peekAt(path);
  if (peek === undefined) return false;
  if (await isRun(peek)) return true;
  const kind = kindOfPeek(peek);
  return kind === undefined ? (await claimants(new Uint8Array(), peek.name)).length > 0 : modelKinds.includes(kind);
};

/**
 * Refuses a file, or folder, that is known and not run; passes what nobody knows. `shown` is how its user calls it. Only its
 * beginning and its end are read.
 *
 * @throws FOREIGN_MODEL; BAD_MODEL for a piece of a file; FILE_NOT_FOUND
 */
export const refuseForeign = async (path: string, shown: string): Promise<void> => {
  const peek = await peekAt(placeOf(path));
  if (peek === undefined || (await isRun(peek))) return;
  const kind = kindOfPeek(peek);
  if (kind === undefined) return;
  const ways = kind.ways.map((way) => textOf(way, kind.file, placeOf(shown)));
  const message = [`${shown} is ${kind.is(peek)}.`, ...ways].join('\n  ');
  throw fail(kind.damaged ? 'BAD_MODEL' : 'FOREIGN_MODEL', `${message}\n  More of it: docs/CONVERT.md, ${kind.title}`, {
    expected: await readable(),
    got: kind.title,
  });
};

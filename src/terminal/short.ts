import { join, relative, sep } from 'node:path';

/** The first 12 hexadecimal digits of a digest: enough for a person, and for a reference. */
export const shortDigest = (digest: string): string => digest.slice(0, 'sha256:'.length + 12);

/** `2026-11-02 11:00:05Z`: a time in UTC to the second, as a person reads it. */
export const shortTime = (iso: string): string => iso.replace('T', ' ').replace(/\.\d+Z$/, 'Z');

/** What somebody else has written, on one line and without signs that a terminal would obey. */
export const oneLine = (text: string | undefined): string | undefined =>
  text?.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();

/** A registry's place as a person would write it: a path from where they are or from their home, or a URL. */
export const placeText = (
  place: string,
  { cwd, env }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): string => {
  if (!place.startsWith('sqlite:')) return place;
  const path = place.slice('sqlite:'.length);
  const below = (folder: string | undefined): string | undefined =>
    folder !== undefined && path.startsWith(join(folder, sep)) ? relative(folder, path) : undefined;
  const own = below(env.HOME);
  return below(cwd) ?? (own === undefined ? path : `~/${own}`);
};

/** `2,000`, of a whole number. To ask `Intl` for it takes 30 ms of each command's start. */
export const count = (whole: number): string => String(whole).replace(/\B(?=(?:\d{3})+$)/g, ',');

/** A number and what it counts: `1 event`, `2,000 events`. */
export const many = (number: number, one: string, more = `${one}s`): string =>
  `${count(number)} ${number === 1 ? one : more}`;

/**
 * Labels that a reference has seen but does not keep by name, as 32-bit hashes (FNV-1a: G. Fowler, L. C. Noll & K.-P. Vo, RFC 9923): enough
 * to tell those that are new, and few bytes each. Two labels of one hash are taken for one, so that what is new is never told too often.
 */

/** Beyond so many labels nothing is kept, and what is new among them is not known. */
const MOST_RARE = 4096;
/** Code units of a label that are told apart. */
export const RARE_UNITS = 256;
const DIGITS = 8;

const hashOf = (label: string): number => {
  let hash = 0x811c9dc5;
  const end = Math.min(label.length, RARE_UNITS);
  for (let at = 0; at < end; at++) {
    const unit = label.charCodeAt(at);
    hash = Math.imul(hash ^ (unit & 0xff), 0x01000193);
    hash = Math.imul(hash ^ (unit >>> 8), 0x01000193);
  }
  return hash >>> 0;
};

/** As a package keeps them: hexadecimal, one after the other, so that their order tells nothing; undefined of too many. */
export const writeRare = (labels: readonly string[]): string | undefined => {
  if (labels.length === 0 || labels.length > MOST_RARE) return undefined;
  const hashes = [...new Set(labels.map(hashOf))].sort((a, b) => a - b);
  return hashes.map((hash) => hash.toString(16).padStart(DIGITS, '0')).join('');
};

/** Whether a label is among them. */
export const rareReader = (written: string): ((label: string) => boolean) => {
  const hashes = new Set<number>();
  for (let at = 0; at < written.length; at += DIGITS) hashes.add(Number.parseInt(written.slice(at, at + DIGITS), 16));
  return (label) => hashes.has(hashOf(label));
};

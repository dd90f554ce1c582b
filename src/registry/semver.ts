import { fail, show } from '../core/errors.ts';

// https://semver.org/spec/v2.0.0.html, sections 2, 9 and 10
const NUMBER = '(?:0|[1-9]\\d*)';
const label = `(?:${NUMBER}|\\d*[A-Za-z-][0-9A-Za-z-]*)`;
const pattern = new RegExp(
  `^(${NUMBER})\\.(${NUMBER})\\.(${NUMBER})(?:-(${label}(?:\\.${label})*))?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?$`,
);

/** A version of Semantic Versioning 2.0.0, of 128 characters at most. */
export const isVersion = (text: string): boolean => text.length <= 128 && pattern.test(text);

interface Parts {
  readonly numbers: readonly string[];
  readonly labels: readonly string[];
}

const partsOf = (version: string): Parts => {
  const match = pattern.exec(version);
  if (!match) {
    throw fail('BAD_MANIFEST', `${show(version)} is not a semantic version`, {
      expected: 'a version such as 1.2.0',
      got: show(version),
    });
  }
  return { numbers: match.slice(1, 4), labels: match[4]?.split('.') ?? [] };
};

export const isPrerelease = (version: string): boolean => partsOf(version).labels.length > 0;

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
/** Digits of any length, without leading zeros. */
const compareDigits = (a: string, b: string): number => a.length - b.length || compareText(a, b);

const compareLabels = (a: string, b: string): number => {
  const numeric = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (numeric[0] && numeric[1]) return compareDigits(a, b);
  if (numeric[0] !== numeric[1]) return numeric[0] ? -1 : 1;
  return compareText(a, b);
};

/**
 * Negative when `a` comes before `b` (precedence of Semantic Versioning 2.0.0, section 11). Versions that differ only in
 * build metadata, which the standard leaves without order, are put in the order of their text.
 */
export const compareVersions = (a: string, b: string): number => {
  const [x, y] = [partsOf(a), partsOf(b)];
  for (const [i, digits] of x.numbers.entries()) {
    const order = compareDigits(digits, y.numbers[i] ?? '0');
    if (order !== 0) return order;
  }
  if (x.labels.length === 0 || y.labels.length === 0) {
    return y.labels.length - x.labels.length || compareText(a, b);
  }
  for (let i = 0; i < Math.min(x.labels.length, y.labels.length); i++) {
    const order = compareLabels(x.labels[i] ?? '', y.labels[i] ?? '');
    if (order !== 0) return order;
  }
  return x.labels.length - y.labels.length || compareText(a, b);
};

/** What a bare name means: the highest release, or the highest pre-release where there is no release. */
export const latestOf = <One extends { readonly version: string }>(versions: readonly One[]): One | undefined => {
  const releases = versions.filter(({ version }) => !isPrerelease(version));
  return [...(releases.length > 0 ? releases : versions)].sort((a, b) => compareVersions(a.version, b.version)).at(-1);
};

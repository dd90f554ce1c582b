/** The steps of a rollout, as people write them: `shadow 1000 rows, 5 %, 25 % 2000 rows, 100 %`. */
import { type Code, fail } from '../../core/errors.ts';

/** One step: it lasts until so many rows have come, and until they say that the candidate is not worse. */
export interface RolloutStep {
  /** The part of all units that the candidate answers, above 0 to 1; 0 in the shadow, where it answers nobody. */
  readonly share: number;
  /** Rows that the candidate is to have had. */
  readonly rows: number;
}

/** Unless given. */
const SHADOW_ROWS = 1000;
const SHARE_ROWS = 500;
const MOST_STEPS = 20;
const MOST_ROWS = 1_000_000_000;

export const DEFAULT_STEPS = 'shadow 1000 rows, 5 %, 25 %, 100 %';
const EXPECTED = `steps such as ${DEFAULT_STEPS}`;

const STEP = /^(?:(shadow)|(\d+(?:\.\d+)?) ?%)(?: (\d{1,10}) rows?)?$/;

const bad = (code: Code, message: string, got: string) => fail(code, message, { expected: EXPECTED, got });

const parseStep = (text: string, code: Code): RolloutStep => {
  const [, shadow, percent, rows] = STEP.exec(text) ?? [];
  if (shadow === undefined && percent === undefined) throw bad(code, `'${text}' is no step of a rollout`, text);
  const share = shadow === undefined ? Number(percent) / 100 : 0;
  if (shadow === undefined && (share < 0.0001 || share > 1)) {
    throw bad(code, 'A share is from 0.01 % to 100 %, in hundredths of a percent', text);
  }
  const least = rows === undefined ? (share === 0 ? SHADOW_ROWS : SHARE_ROWS) : Number(rows);
  if (least < 1 || least > MOST_ROWS) throw bad(code, 'A step takes from 1 to a milliard rows', text);
  return { share, rows: least };
};

/**
 * Steps are parted by commas or arrows. The shadow comes first, and shares only grow: who was answered by the candidate stays with it.
 *
 * @throws `code`, naming what is wrong
 */
export const parseSteps = (text: string, code: Code): readonly RolloutStep[] => {
  const parts = text.split(/,|→|->/).map((part) => part.trim().replace(/\s+/g, ' '));
  if (parts.length > MOST_STEPS) throw bad(code, `A rollout has at most ${MOST_STEPS} steps`, `${parts.length}`);
  const steps = parts.map((part) => parseStep(part, code));
  for (const [at, { share }] of steps.entries()) {
    if (at > 0 && share <= steps[at - 1].share) {
      throw bad(code, 'Shares only grow from step to step, and the shadow comes first', text);
    }
  }
  return steps;
};

/** `shadow`, `5 %`. */
export const shareName = (share: number): string => (share === 0 ? 'shadow' : `${Number((share * 100).toFixed(2))} %`);

/** As it may be written. */
export const stepName = ({ share, rows }: RolloutStep): string => `${shareName(share)} ${rows} rows`;

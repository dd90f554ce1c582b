/** What an environment with gates says to a version that they have not let in. */
import { fail, type MillraceError } from '../core/errors.ts';
import type { Verdict } from './verdict.ts';

interface WantedMove {
  readonly name: string;
  readonly version: string;
  readonly environment: string;
  /** The gates that it must pass. */
  readonly gates: readonly string[];
}

/** A gate as it stands in a refusal: what it said, or that nobody has asked it. */
interface AskedGate {
  readonly gate: string;
  readonly outcome: string;
  readonly sentence: string;
}

const standingOf = (gate: string, verdicts: readonly Verdict[]): AskedGate => {
  const own = verdicts.filter(({ asked, about }) => asked === 'gate' && about === gate);
  const verdict = own.find(({ outcome }) => outcome !== 'pass') ?? own[0];
  if (verdict === undefined) return { gate, outcome: 'not asked', sentence: 'nobody has asked this gate' };
  return { gate, outcome: verdict.outcome, sentence: verdict.sentence };
};

/** Gates that have not let the version in: those that failed, lacked data, or were not asked. */
const shutOf = ({ gates }: WantedMove, verdicts: readonly Verdict[]): readonly AskedGate[] =>
  gates.map((gate) => standingOf(gate, verdicts)).filter(({ outcome }) => outcome !== 'pass');

/** Undefined where all have let it in; else GATE_REFUSED, a line a gate. */
export const refusalOf = (wanted: WantedMove, verdicts: readonly Verdict[]): MillraceError | undefined => {
  const { name, version, environment, gates } = wanted;
  const shut = shutOf(wanted, verdicts);
  if (shut.length === 0) return undefined;
  const lines = shut.map(({ gate, outcome, sentence }) => `  ${gate}: ${outcome}: ${sentence}`);
  const title = `${name}@${version} does not come into ${environment}: ${shut.length} of ${gates.length} gates do not let it in`;
  return fail('GATE_REFUSED', [title, ...lines].join('\n'), {
    expected: `pass of ${gates.join(', ')}`,
    got: shut.map(({ gate, outcome }) => `${gate}: ${outcome}`).join(', '),
  });
};

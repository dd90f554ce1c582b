/** Of which alerts a reaction is: a word for what they are about, or a condition in CEL. */
import { compileCondition } from '../events/condition.ts';
import type { ToldAlert } from '../monitor/alerts/alert.ts';
import type { Concern } from '../monitor/alerts/finding.ts';

/** What each word takes together. */
export const alertWords: Readonly<Record<string, readonly Concern[]>> = {
  drift: ['drift', 'predictions'],
  performance: ['performance'],
  quality: ['quality', 'freshness'],
  slo: ['slo'],
};

const names = ['concern', 'field', 'severity', 'sentence', 'effect', 'p', 'numbers', 'model', 'version', 'deployment'];

/** @throws MillraceError BAD_PROJECT, naming `field` */
export const compileWhen = (when: string | undefined, field: string): ((alert: ToldAlert) => boolean) => {
  if (when === undefined) return () => true;
  if (Object.hasOwn(alertWords, when)) return ({ concern }) => alertWords[when].includes(concern);
  const condition = compileCondition(when, names, field);
  return (alert) => {
    const { concern, severity, sentence, numbers, model, version, deployment } = alert;
    const { effect = Number.NaN, holm_p, p = holm_p ?? Number.NaN } = numbers;
    const known = { concern, severity, sentence, numbers, model, version, deployment, field: alert.field ?? '' };
    // One that cannot be told of this alert does not hold for it.
    const found = condition({ ...known, effect, p });
    return found.problem === undefined && found.value;
  };
};

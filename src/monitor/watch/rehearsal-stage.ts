/** Alerts of a rehearsal: as they would be, in memory. Nobody hears of them. */
import type { Alert } from '../alerts/alert.ts';
import type { Alerts } from '../alerts/alerts.ts';
import { stepAlerts } from '../alerts/step.ts';

export interface RehearsalStage {
  readonly alerts: Pick<Alerts, 'watch' | 'step' | 'stepPerformance'>;
  /** All that fired, the first one first. */
  raised(): readonly Alert[];
  /** Windows that were judged: of what came, and of how right predictions were. */
  counts(): { readonly windows: number; readonly labelledWindows: number };
}

/** @param judgedUntil the end of the last window before: ISO 8601, UTC */
export const createStage = (judgedUntil: string): RehearsalStage => {
  let watch = { judgedUntil, memory: undefined as string | undefined };
  const alerts = new Map<string, Alert>();
  let [windows, labelledWindows] = [0, 0];
  const step: Alerts['step'] = async (judged) => {
    const firing = [...alerts.values()].filter(({ status }) => status === 'firing');
    const { changed, told } = stepAlerts(firing, judged, new Date(judged.window.to));
    for (const alert of changed) alerts.set(alert.id, alert);
    return told;
  };
  return {
    alerts: {
      watch: async () => watch,
      async step(judged, hearers, now) {
        if (judged.series === undefined) {
          watch = { judgedUntil: judged.window.to, memory: judged.memory };
          windows++;
        }
        return step(judged, hearers, now);
      },
      async stepPerformance(judged, hearers, now) {
        labelledWindows++;
        return step(judged, hearers, now);
      },
    },
    raised: () => [...alerts.values()].toSorted((a, b) => a.started_at.localeCompare(b.started_at)),
    counts: () => ({ windows, labelledWindows }),
  };
};

/**
 * What a judged window changes in the alerts of its deployment: pure, and the only place that says when an alert fires, is
 * repeated, or is resolved. A problem that lasts is one alert; two quiet windows resolve it; nobody hears of it twice in a day.
 */
import { randomUUID } from 'node:crypto';
import type { Alert, Telling, ToldAlert } from './alert.ts';
import { type Finding, fingerprintOf, type JudgedWindow } from './finding.ts';

/** Windows in a row without it after which an alert is resolved. */
const QUIET_WINDOWS = 2;
/** After how long a lasting alert that nobody acknowledged is told again, in milliseconds. */
const REPEAT_MS = 24 * 3_600_000;

export interface AlertStep {
  /** Alerts as they are now, of those that changed. */
  readonly changed: readonly Alert[];
  /** Of these, what channels shall hear. */
  readonly told: readonly ToldAlert[];
}

interface Change {
  readonly alert: Alert;
  readonly telling?: Telling | undefined;
}

/** A problem that is seen, for the first time or again. */
const seen = (judged: JudgedWindow, finding: Finding, before: Alert | undefined, now: Date): Change => {
  const { deployment, model, version, window } = judged;
  const at = now.toISOString();
  const current = { ...finding, deployment, model, version, window, quiet: 0 };
  if (before === undefined) {
    const fingerprint = fingerprintOf(deployment, finding);
    const id = randomUUID();
    return {
      alert: { ...current, id, fingerprint, status: 'firing', since: window.from, started_at: at, told_at: at },
      telling: 'fired',
    };
  }
  const isOld = before.acknowledged === undefined && now.getTime() - Date.parse(before.told_at) >= REPEAT_MS;
  if (!isOld) return { alert: { ...before, ...current } };
  return { alert: { ...before, ...current, told_at: at }, telling: 'repeated' };
};

/** A problem that this window did not have. */
const unseen = (before: Alert, now: Date): Change => {
  const alert = { ...before, quiet: before.quiet + 1 };
  if (alert.quiet < QUIET_WINDOWS) return { alert };
  const at = now.toISOString();
  return { alert: { ...alert, status: 'resolved', resolved_at: at, told_at: at }, telling: 'resolved' };
};

/** @param firing the alerts of this deployment that fire, one a fingerprint */
export const stepAlerts = (firing: readonly Alert[], judged: JudgedWindow, now: Date): AlertStep => {
  const findings = new Map(judged.findings.map((finding) => [fingerprintOf(judged.deployment, finding), finding]));
  const before = new Map(firing.map((alert) => [alert.fingerprint, alert]));
  const changes = [...findings].map(([fingerprint, finding]) => seen(judged, finding, before.get(fingerprint), now));
  const judgedConcerns = new Set(judged.concerns);
  for (const alert of firing) {
    if (findings.has(alert.fingerprint) || !judgedConcerns.has(alert.concern)) continue;
    changes.push(unseen(alert, now));
  }
  return {
    changed: changes.map(({ alert }) => alert),
    told: changes.flatMap(({ alert, telling }) => (telling === undefined ? [] : [{ ...alert, telling }])),
  };
};

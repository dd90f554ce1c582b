import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert } from '../../../src/monitor/alerts/alert.ts';
import type { JudgedWindow } from '../../../src/monitor/alerts/finding.ts';
import { stepAlerts } from '../../../src/monitor/alerts/step.ts';
import { dayOf, failing, slower, windowOf } from './samples.ts';

/** What is told after each window, judged as it ends. */
const play = (
  windows: readonly JudgedWindow[],
  between: (firing: readonly Alert[]) => readonly Alert[] = (same) => same,
) => {
  let firing: readonly Alert[] = [];
  return windows.map((judged) => {
    const { changed, told } = stepAlerts(between(firing), judged, new Date(judged.window.to));
    const all = new Map([...firing, ...changed].map((alert) => [alert.id, alert]));
    firing = [...all.values()].filter(({ status }) => status === 'firing');
    return told.map(({ telling, concern }) => `${concern} ${telling}`);
  });
};

test('a problem that lasts is one alert: fired, repeated a day later, resolved after two quiet windows', () => {
  const told = play([
    windowOf(1, [slower]),
    windowOf(1.5, [slower]),
    windowOf(2, [slower]),
    windowOf(3, []),
    windowOf(4, []),
    windowOf(5, []),
  ]);
  assert.deepEqual(told, [['drift fired'], [], ['drift repeated'], [], ['drift resolved'], []]);
});

test('one quiet window resolves nothing, and a problem that comes back after it goes on', () => {
  const told = play([windowOf(1, [slower]), windowOf(2, []), windowOf(2.2, [slower]), windowOf(3, [])]);
  assert.deepEqual(told, [['drift fired'], [], ['drift repeated'], []]);
});

test('a problem that comes back after it was resolved is another alert', () => {
  const told = play([windowOf(1, [slower]), windowOf(2, []), windowOf(3, []), windowOf(4, [slower])]);
  assert.deepEqual(told, [['drift fired'], [], ['drift resolved'], ['drift fired']]);
});

test('a window that could not be judged of something says nothing of it', () => {
  const few: Partial<JudgedWindow> = { concerns: ['slo'] };
  const told = play([
    windowOf(1, [slower]),
    windowOf(2, [], few),
    windowOf(3, [], few),
    windowOf(4, [], few),
    windowOf(5, []),
    windowOf(6, []),
  ]);
  assert.deepEqual(told, [['drift fired'], [], [], [], [], ['drift resolved']]);
});

test('problems of several concerns and fields are alerts of their own, told together', () => {
  const other = { ...slower, field: 'zone' };
  const told = play([windowOf(1, [slower, failing, other]), windowOf(1.1, [other]), windowOf(1.2, [other])]);
  assert.deepEqual(told, [['drift fired', 'slo fired', 'drift fired'], [], ['drift resolved', 'slo resolved']]);
});

test('what somebody has acknowledged is not repeated, and told when it is resolved', () => {
  const acknowledged = { by: 'ada', at: dayOf(1).toISOString() };
  const told = play([windowOf(1, [slower]), windowOf(3, [slower]), windowOf(4, []), windowOf(5, [])], (firing) =>
    firing.map((alert) => ({ ...alert, acknowledged })),
  );
  assert.deepEqual(told, [['drift fired'], [], [], ['drift resolved']]);
});

test('an alert says what its last window says', () => {
  const { changed: first } = stepAlerts([], windowOf(1, [slower]), dayOf(1));
  const worse = { ...slower, severity: 'error' as const, sentence: 'distance is 0.6 sd higher than in training' };
  const { changed } = stepAlerts(first, windowOf(2, [worse], { version: '1.1.0' }), dayOf(2));
  const { id, fingerprint, severity, version, started_at, window } = changed[0];
  assert.deepEqual([id, fingerprint, started_at], [first[0].id, first[0].fingerprint, dayOf(1).toISOString()]);
  assert.deepEqual([severity, version, window.to], ['error', '1.1.0', dayOf(2).toISOString()]);
});

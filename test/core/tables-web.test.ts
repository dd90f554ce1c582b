/** A browser loads kinds and steps as it needs them, so what there are is told before they are there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as kinds from '../../src/core/kinds/table.ts';
import * as webKinds from '../../src/core/kinds/table.web.ts';
import * as steps from '../../src/core/steps/index.ts';
import * as webSteps from '../../src/core/steps/index.web.ts';

test('a browser has the kinds that a server has, each once it was loaded', async () => {
  assert.deepEqual(webKinds.kindNames, kinds.kindNames);
  await webKinds.loadKinds(['datetime', 'unheard']);
  assert.deepEqual(Object.keys(webKinds.kinds), ['number', 'integer', 'category', 'text', 'datetime']);
  await webKinds.loadKinds(kinds.kindNames);
  assert.deepEqual({ ...webKinds.kinds }, { ...kinds.kinds });
});

test('a browser has the steps that a server has, each once it was loaded', async () => {
  assert.deepEqual(webSteps.stepNames, steps.stepNames);
  await webSteps.loadSteps(['hour', 'unheard']);
  assert.deepEqual(Object.keys(webSteps.stepKinds), ['hour']);
  await webSteps.loadSteps(steps.stepNames);
  assert.deepEqual({ ...webSteps.stepKinds }, { ...steps.stepKinds });
});

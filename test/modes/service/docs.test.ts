import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Browser, Page } from 'playwright-core';
import { openBrowser } from '../../browser/browser.ts';
import { get, models, openApp, post, register, type Served, serve, serveApp } from './serving.ts';

let served: Served;
const cleanups: (() => unknown)[] = [];
const context = { after: (cleanup: unknown) => cleanups.push(cleanup as () => unknown) };
before(async () => {
  served = await serve(context, [models.ride, models.columns, models.trees, models.capitals]);
});
after(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

interface Operation {
  readonly requestBody: { readonly content: Readonly<Record<string, { readonly example?: unknown }>> };
  readonly responses: Readonly<Record<string, unknown>>;
}
interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, { readonly post?: Operation; readonly get?: Operation }>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

describe('/openapi.json', () => {
  it('is a valid OpenAPI 3.1 document', async () => {
    const { json } = await get<Document>(`${served.url}/openapi.json`);
    const { valid, errors } = await new Validator().validate(json as never);
    assert.equal(valid, true, JSON.stringify(errors));
  });

  it('has schemas that let every golden example through, and its answer too', async () => {
    const { json } = await get<Document>(`${served.url}/openapi.json`);
    const ajv = new Ajv2020({ strict: false });
    for (const { card } of served.service.plane.models.slots) {
      assert.ok(card);
      const row = ajv.compile(json.components.schemas[`${card.name}.row`]);
      const prediction = ajv.compile(json.components.schemas[`${card.name}.prediction`]);
      for (const { input } of card.examples) {
        assert.ok(row(input), `${card.name}: ${ajv.errorsText(row.errors)}`);
        const { json: told } = await post(`${served.url}/predict/${card.name}`, input);
        assert.ok(prediction(told.prediction), `${card.name}: ${ajv.errorsText(prediction.errors)}`);
      }
    }
  });

  it('refuses with its schemas what the service refuses', async () => {
    const { json } = await get<Document>(`${served.url}/openapi.json`);
    const valid = new Ajv2020({ strict: false }).compile(json.components.schemas['ride-duration.row']);
    const [{ input }] = (await served.app.open(models.ride)).examples;
    for (const change of [
      { distance: -1 },
      { distance: '3' },
      { passengers: 1.5 },
      { pickup: null },
      { pickup_zone: 7 },
    ]) {
      const row = { ...input, ...change };
      assert.equal(valid(row), false, JSON.stringify(change));
      assert.equal((await post(`${served.url}/predict/ride-duration`, row)).status, 422, JSON.stringify(change));
    }
  });

  it('describes each of several versions by its own signature, and the first for the bare name', async (t) => {
    const app = await openApp(t);
    const { manifest } = await app.open(models.integers);
    const inputs = { ...manifest.inputs, units: { kind: 'integer', min: 1 } } as const;
    await register(app, models.integers, { version: '1.0.0' });
    await register(app, models.integers, { version: '2.0.0-rc.1', inputs }, [
      { input: { units: 1, price: 2 }, output: { total: 2 } },
    ]);
    const name = 'int-inputs';
    const { url } = await serveApp(t, app, [`${name}@2.0.0-rc.1`, `${name}@1.0.0`]);
    const { json } = await get<Document>(`${url}/openapi.json`);
    const { valid, errors } = await new Validator().validate(structuredClone(json) as never);
    assert.equal(valid, true, JSON.stringify(errors));
    const none = { units: 0, price: 2 };
    for (const [path, key, status] of [
      [`/predict/${name}`, name, 422],
      [`/predict/${name}/versions/2.0.0-rc.1`, `${name}.2.0.0-rc.1`, 422],
      [`/predict/${name}/versions/1.0.0`, `${name}.1.0.0`, 200],
    ] as const) {
      assert.ok(JSON.stringify(json.paths[path]).includes(`#/components/schemas/${key}.row"`), path);
      const fits = new Ajv2020({ strict: false }).compile(json.components.schemas[`${key}.row`]);
      assert.equal(fits(none), status === 200, path);
      assert.equal((await post(url + path, none)).status, status, path);
    }
  });

  it('names addresses that answer', async (t) => {
    // A service of its own: one of the addresses takes a model out of service.
    const own = await serve(t, [models.ride]);
    const { json } = await get<Document>(`${own.url}/openapi.json`);
    for (const [path, { get: read, post: write }] of Object.entries(json.paths)) {
      const url = own.url + path.replaceAll('{model}', 'ride-duration').replaceAll('{version}', '1.0.0');
      if (path.endsWith('/unload')) continue;
      if (read) assert.equal((await fetch(url)).status, 200, path);
      if (write) assert.notEqual((await fetch(url, { method: 'POST' })).status, 404, path);
    }
  });
});

describe('/docs in a real browser', { timeout: 120_000 }, () => {
  let browser: Browser;
  let page: Page;
  const strangers: string[] = [];
  const faults: string[] = [];
  before(async () => {
    browser = await openBrowser();
    page = await browser.newPage();
    page.on('request', (request) => {
      if (!request.url().startsWith(served.url) && !request.url().startsWith('data:')) strangers.push(request.url());
    });
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => {
      if (/Content Security Policy/.test(message.text())) faults.push(message.text());
    });
    await page.goto(`${served.url}/docs`);
  });
  after(async () => {
    await browser.close();
  });

  it('has a form for each model, filled with an example, and answers as the API does', async () => {
    for (const { card } of served.service.plane.models.slots) {
      assert.ok(card);
      const section = page.locator(`#${card.name}`);
      await section.locator('button').click();
      await section.locator('.output').first().waitFor();
      const told = JSON.parse((await section.locator('.answered').textContent()) ?? '');
      const { json } = await post(`${served.url}/predict/${card.name}`, card.examples[0].input);
      assert.deepEqual(told.prediction, json.prediction, card.name);
    }
  });

  it('shows a prediction with its unit, and another example when it is chosen', async () => {
    const section = page.locator('#ride-duration');
    await section.locator('.examples').selectOption('2');
    await page.waitForFunction(() => document.querySelector('#ride-duration .value')?.textContent?.startsWith('33.2'));
    assert.equal(await section.locator('.unit').textContent(), 'minute');
    assert.equal(await section.locator('[data-field=pickup_zone] input').inputValue(), 'JFK Airport');
  });

  it('says at the field what is wrong with it', async () => {
    const section = page.locator('#ride-duration');
    await section.locator('[data-field=distance] input').fill('-4');
    await section.locator('button').click();
    const problem = section.locator('[data-field=distance] .problem');
    await problem.waitFor({ state: 'visible' });
    assert.match((await problem.textContent()) ?? '', /from 0 to 200/);
    assert.equal(await section.locator('.result .code').textContent(), 'OUT_OF_RANGE');
  });

  it('gives a request to copy that is the one it sends', async () => {
    const section = page.locator('#ride-duration');
    const text = (await section.locator('.sent').textContent()) ?? '';
    const body = JSON.parse(text.slice(text.indexOf("-d '") + 4, -1));
    assert.deepEqual([body.distance, body.pickup_zone], [-4, 'JFK Airport']);
  });

  it('loads nothing from anywhere else, and breaks no rule of its content security policy', () => {
    assert.deepEqual(strangers, []);
    assert.deepEqual(faults, []);
  });

  it('shows what a manifest says as text, whatever is in it', async (t) => {
    const app = served.app;
    const evil = '</script><img src=x onerror="document.title=1"><script>document.title=2</script>';
    await register(app, models.integers, { description: evil, version: '6.6.6' }, [
      { input: { units: 1, price: 2 }, output: { total: 2 } },
    ]);
    const { url } = await serve(t, ['int-inputs@6.6.6'], { source: app });
    await page.goto(`${url}/docs`);
    assert.equal(await page.locator('.lead').textContent(), evil);
    assert.equal(await page.title(), 'int-inputs · Millrace');
  });

  it('sends numbers as they were typed, to the last digit', async (t) => {
    const { url } = await serve(t, [models.integers]);
    await page.goto(`${url}/docs`);
    const section = page.locator('#int-inputs');
    for (const typed of ['9007199254740993', '12345678901234567890']) {
      await section.locator('[data-field=units] input').fill(typed);
      await section.locator('button').click();
      await page.waitForFunction(
        (digits) => document.querySelector('#int-inputs .answered')?.textContent?.includes(digits),
        typed,
      );
      assert.match((await section.locator('.sent').textContent()) ?? '', new RegExp(`"units": ${typed}\\b`));
      assert.equal(await section.locator('.result .code').textContent(), 'UNSAFE_INTEGER');
    }
  });
});

/** Files of LightGBM and CatBoost, from init to answers. */
import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { runCli } from '../run-cli.ts';
import { tempFolder } from '../temp-folder.ts';

const folder = join(import.meta.dirname, '../fixtures/tree-files');
const read = (name: string): Uint8Array => new Uint8Array(readFileSync(join(folder, name)));
const unpacked = (name: string): Uint8Array => new Uint8Array(gunzipSync(read(name)));

type Row = Record<string, string | number | boolean | null>;

/** The first rows of numbers; what is missing is null. */
const rowsOf = (count: number): readonly Row[] => {
  const values = new Float32Array(read('rows.f32').buffer);
  return Array.from({ length: count }, (_, row) =>
    Object.fromEntries(
      Array.from({ length: 6 }, (_, at) => {
        const value = values[row * 6 + at];
        return [`f${at}`, Number.isNaN(value) ? null : value];
      }),
    ),
  );
};
const sizes = ['tiny', 'small', 'fair', 'large', 'huge', 'vast', '\u00e9norme'];
const withTexts = ({ f3, f4, ...row }: Row): Row => ({
  ...row,
  f3: f3 === null ? 'none' : sizes[((Number(f3) % 7) + 7) % 7],
  f4: f4 === null ? 'nan' : String(f4),
});

/** Packs what init made of a file, under a name that says nothing. */
const put = async (t: TestContext, file: Uint8Array): Promise<{ readonly cwd: string; readonly yaml: string }> => {
  const cwd = tempFolder(t);
  writeFileSync(join(cwd, 'fares.bin'), file);
  for (const args of [
    ['init', 'fares.bin', '-o', 'fares'],
    ['pack', 'fares'],
  ]) {
    const { code, stderr } = await runCli(args, { cwd });
    assert.equal(code, 0, stderr);
  }
  return { cwd, yaml: readFileSync(join(cwd, 'fares/model.yaml'), 'utf8') };
};
const predict = async (cwd: string, rows: readonly Row[]): Promise<readonly Row[]> => {
  writeFileSync(join(cwd, 'rows.json'), JSON.stringify(rows));
  const { code, stderr } = await runCli(['predict', './fares', '--in', 'rows.json', '--out', 'out.json'], { cwd });
  assert.equal(code, 0, stderr);
  return JSON.parse(readFileSync(join(cwd, 'out.json'), 'utf8'));
};

for (const [library, model, outputs, change] of [
  ['lightgbm', 'regression', ['prediction'], undefined],
  ['lightgbm', 'classes', ['probability_0', 'probability_1', 'probability_2'], undefined],
  ['catboost', 'binary', ['probability'], undefined],
  ['catboost', 'classes', ['probability_high', 'probability_low', 'probability_middle'], undefined],
  ['catboost', 'statistics', ['prediction'], withTexts],
] as const)
  test(`a file of ${library} is put to work by init, pack and predict as it is: ${model}`, async (t) => {
    const file = library === 'lightgbm' ? read(`lightgbm-${model}.txt`) : unpacked(`catboost-${model}.json.gz`);
    const { cwd } = await put(t, file);
    const rows = rowsOf(300).map((row) => {
      const own = change ? change(row) : row;
      return library === 'catboost' || change
        ? own
        : Object.fromEntries(Object.entries(own).map(([name, value]) => [name.replace('f', 'Column_'), value]));
    });
    const answers = await predict(cwd, rows);
    const want = new Float64Array(unpacked(`${library}-${model}.f64.gz`).buffer);
    assert.equal(answers.length, 300);
    for (const [row, answer] of answers.entries())
      assert.deepEqual(
        outputs.map((name) => answer[name]),
        [...want.subarray(row * outputs.length, (row + 1) * outputs.length)],
      );
    const { stdout } = await runCli(['inspect', './fares'], { cwd });
    assert.match(stdout, /runtime +Millrace's own/);
  });

test('columns of pandas that are categories have their own values, as LightGBM was given them', async (t) => {
  const { cwd, yaml } = await put(t, read('lightgbm-pandas.txt'));
  assert.match(yaml, /size: \{ kind: category, labels: \[large, none at all, small\], nullable: true \}/);
  assert.match(yaml, /zone: \{ kind: integer, nullable: true \}/);
  assert.match(yaml, /paid: \{ kind: boolean, nullable: true \}/);
  const rows = JSON.parse(readFileSync(join(folder, 'lightgbm-pandas.json'), 'utf8')) as readonly Row[];
  const answers = await predict(
    cwd,
    rows.map(({ answer: _, ...row }) => row),
  );
  assert.deepEqual(
    answers.map(({ prediction }) => prediction),
    rows.map(({ answer }) => answer),
  );
});

test('categories that XGBoost has cut in its file are no labels, and the way on stands beside the field', async (t) => {
  const model = JSON.parse(Buffer.from(read('xgboost-categories.json')).toString());
  const { enc } = model.learner.gradient_booster.model.cats;
  // The bytes of bc, zz and éa, as XGBoost 3.2 keeps them: what was the third category is é, and its a is gone.
  const [known] = [{ offsets: [0, 2, 4, 6], values: [98, 99, 122, 122, -61, -87] }];
  const at = model.learner.feature_types.indexOf('c');
  enc[at] = known;
  const cut = await put(t, Buffer.from(JSON.stringify(model)));
  const name = model.learner.feature_names[at] ?? `f${at}`;
  assert.match(
    cut.yaml,
    new RegExp(`  ${name}: \\{ kind: integer, min: 0, nullable: true \\}  # .*millrace_export\\.py`),
  );
  enc[at] = { ...known, values: [98, 99, 122, 122, 101, 97] };
  const whole = await put(t, Buffer.from(JSON.stringify(model)));
  assert.match(whole.yaml, new RegExp(`  ${name}: \\{ kind: category, labels: \\[bc, zz, ea\\], nullable: true \\}`));
});

test('what 0 is to LightGBM stands beside the fields', async (t) => {
  assert.match((await put(t, read('lightgbm-zero-missing.txt'))).yaml, /Column_0: .* # 0 counts as missing/);
  assert.match((await put(t, read('lightgbm-none-missing.txt'))).yaml, /Column_0: .* # what is missing counts as 0/);
});

test('a category that CatBoost has never seen is taken, and what it does not read is refused with what to do', async (t) => {
  const { cwd, yaml } = await put(t, unpacked('catboost-statistics.json.gz'));
  assert.match(yaml, /f3: \{ kind: category, labels: \[fair, .*\], unknown: allow, nullable: true \}/);
  const [row] = rowsOf(1).map(withTexts);
  const [unseen, missing] = await predict(cwd, [
    { ...row, f3: 'never seen' },
    { ...row, f3: null },
  ]);
  assert.equal(unseen.prediction, missing.prediction);
  copyFileSync(join(folder, 'catboost-ranking.cbm'), join(cwd, 'model.cbm'));
  const { code, stderr } = await runCli(['init', 'model.cbm', '-o', 'other'], { cwd });
  assert.equal(code, 2);
  assert.match(stderr, /\.cbm file of CatBoost is not read[\s\S]*save_model\("model\.json", format="json"/);
});

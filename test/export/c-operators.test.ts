/** Every operator of the own runtime in C, one at a time: the same bits, and the same rows refused. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { MillraceError } from '../../src/core/errors.ts';
import type { ModelSession, Tensor } from '../../src/core/types.ts';
import { guards } from '../../src/export/c/header.ts';
import { readOnnx } from '../../src/runtimes/onnx-graph.ts';
import { openTabular } from '../../src/runtimes/trees/open-tabular.ts';
import { Unusual } from '../../src/runtimes/trees/unusual.ts';
import { graphOf } from '../runtimes/trees/operator-case.ts';
import { cases } from '../runtimes/trees/operator-cases.ts';
import { feedsOf, poolsOf, sliceTensors } from '../runtimes/trees/rows.ts';
import { tempFolder } from '../temp-folder.ts';
import { encodeFeeds, encodeOutputs, functionOf, isSame, programOfGraphs } from './c-graphs.ts';

const ROWS = 300;
const compilers = ['gcc', 'clang'].filter((name) => spawnSync(name, ['--version']).status === 0);

/** How many cases C writes at least. */
const LEAST = 149;
/** Why C does not write a case: what it lacks, in most cases an operator that few models have (docs/C.md). */
const NOT_WRITTEN = /with the same answers: [^:]+\.$/;
const refused: Readonly<Record<string, RegExp>> = {
  'Equal of texts': /texts where numbers are expected/,
  'Where of texts': /texts where numbers are expected/,
  'Cast of int64 to string': /a Cast from int64 to string/,
  'Gather out of a table': /rows out of a table of the graph/,
  'Gather of a table by two': /rows out of a table of the graph/,
};

interface OpenCase {
  readonly name: string;
  readonly prefix: string;
  readonly session: ModelSession;
  readonly graph: Uint8Array;
}

/** Cases whose rows have a size. */
const open: readonly OpenCase[] = Object.entries(cases).flatMap(([name, one], index) => {
  const graph = graphOf(one);
  const session = openTabular(graph);
  assert.ok(!(session instanceof Unusual));
  const isSized = session.inputs.every(({ dims }) => dims.slice(1).every((dim) => dim !== null));
  return isSized ? [{ name, prefix: `case_${index}`, session, graph }] : [];
});

const functionFor = ({ prefix, graph, session }: OpenCase): string | MillraceError => {
  try {
    return functionOf(prefix, graph, session.inputs, session.outputs);
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'NOT_EXPORTABLE') return error;
    throw error;
  }
};

type Tensors = Readonly<Record<string, Tensor>>;
const answerTo = async (session: ModelSession, feeds: Tensors): Promise<Tensors | undefined> => {
  try {
    return await session.run(
      feeds,
      session.outputs.map(({ name }) => name),
    );
  } catch {
    return undefined;
  }
};

const written = open.map((one) => ({ ...one, text: functionFor(one) }));
const compiled = written.filter(({ text }) => typeof text === 'string');

/** One program of all cases for each compiler. */
const compileAll = (folder: string): readonly string[] => {
  const source = join(folder, 'operators.c');
  const texts = compiled.map(({ text }) => text as string);
  const prefixes = compiled.map(({ prefix }) => prefix);
  writeFileSync(source, programOfGraphs(prefixes, texts, guards));
  return compilers.map((compiler) => {
    const program = join(folder, compiler);
    const flags = ['-std=c99', '-O1', '-ffp-contract=off', '-Wall', '-Wextra', '-Werror', source, '-o', program, '-lm'];
    const { status, stderr } = spawnSync(compiler, flags, { encoding: 'utf8' });
    assert.equal(status, 0, stderr.slice(0, 4000));
    return program;
  });
};

const holdCase = async ({ session, graph }: OpenCase, programs: readonly string[], place: number, folder: string) => {
  const feeds = feedsOf(session.inputs, poolsOf(readOnnx(graph)), ROWS, 5);
  const rows = join(folder, 'rows');
  writeFileSync(rows, encodeFeeds(session.inputs, feeds, ROWS));
  const alone = Array.from({ length: ROWS }, (_, row) => answerTo(session, sliceTensors(feeds, row, row + 1)));
  const answers = await Promise.all(alone);
  for (const program of programs) {
    const got = execFileSync(program, [`${place}`, rows], { maxBuffer: 1 << 26 });
    let at = 0;
    for (const [row, answer] of answers.entries()) {
      const wanted = encodeOutputs(session.outputs, answer);
      const mine = got.subarray(at, at + wanted.length);
      const told = `row ${row}: ${mine.toString('hex')} instead of ${wanted.toString('hex')}`;
      assert.ok(isSame(session.outputs, answer, wanted, mine), told);
      at += wanted.length;
    }
    assert.equal(at, got.length);
  }
};

test('an operator in C answers as the own runtime, bit for bit', async (t) => {
  assert.ok(compiled.length >= LEAST, `${compiled.length} cases are written`);
  const folder = tempFolder(t);
  const programs = compileAll(folder);
  for (const [place, one] of compiled.entries()) await t.test(one.name, () => holdCase(one, programs, place, folder));
});

describe('an operator that C does not write is refused by name', () => {
  for (const { name, text } of written)
    if (typeof text !== 'string') test(name, () => assert.match(text.message, refused[name] ?? NOT_WRITTEN));
});

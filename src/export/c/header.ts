/**
 * A package as one header in C99: the signature as structs, the checks of a row, the preparation, the model and the answer, in the
 * own runtime's arithmetic. What would be answered otherwise there is refused here.
 */
import { fail } from '../../core/errors.ts';
import type { Manifest, Scorer } from '../../core/types.ts';
import type { Package } from '../../package/layout.ts';
import { readOnnx } from '../../runtimes/onnx-graph.ts';
import { inputOf } from '../../runtimes/trees/formats/open-trees.ts';
import { writeAnswers } from './answers.ts';
import { createDraft, type Draft } from './draft.ts';
import { bindColumn, writeGraph } from './graph.ts';
import { notExportable } from './refuse.ts';
import { selfTest } from './self-test.ts';
import { answerStruct, labelTables, rowStruct, writeChecks } from './signature.ts';
import { type CSource, sourceOf } from './source.ts';
import { statuses } from './statuses.ts';
import { isInexact, writeSteps } from './steps.ts';
import { comment, list, text } from './text.ts';
import { writeTreeFile } from './tree-file.ts';
import type { CValue } from './values.ts';

export interface HeaderOptions {
  /** What all names begin with; made of the model's name unless given. */
  readonly prefix?: string | undefined;
}

/** @throws USAGE for what C does not take as a name */
const prefixOf = (name: string, given: string | undefined): string => {
  const prefix = given ?? name.replace(/[^A-Za-z0-9]+/g, '_').replace(/^(?=\d)/, 'm_');
  if (/^[A-Za-z][A-Za-z0-9_]{0,62}$/.test(prefix)) return prefix;
  throw fail('USAGE', `${prefix} cannot be the beginning of names in C.`, {
    field: '--prefix',
    expected: 'a letter, and then letters, digits and _, 63 in all',
    got: prefix,
  });
};

/** The lines of the one function, and the tables and functions that it needs. */
const writePredict = (draft: Draft, manifest: Manifest, source: CSource): void => {
  const columns = writeChecks(draft, manifest.inputs);
  const specs = 'graph' in source ? readOnnx(source.graph).inputs : [inputOf(source.trees)];
  writeSteps(draft, manifest, specs, columns);
  for (const [name, { to }] of Object.entries(manifest.inputs)) {
    const column = columns.get(name);
    if (to !== undefined && column) columns.set(to, column);
  }
  draft.line('');
  const inputs = new Map<string, CValue>(
    specs.map((spec) => [spec.name, bindColumn(draft, spec, columns.get(spec.name))]),
  );
  const values =
    'graph' in source ? writeGraph(draft, source.graph, inputs) : writeTreeFile(draft, source.trees, inputs);
  writeAnswers(draft, manifest.outputs, values);
};

export const guards = `#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
#error "Compile without -ffast-math: missing values are NAN, and sums keep their order."
#endif
#if defined(__FLT_EVAL_METHOD__) && __FLT_EVAL_METHOD__ != 0 && __FLT_EVAL_METHOD__ != 16
#error "Sums would be kept wider than they are: for 32-bit x86 compile with -msse2 -mfpmath=sse."
#endif
#if defined(__SIZEOF_DOUBLE__) && __SIZEOF_DOUBLE__ != 8
#error "This needs a double of 64 bits, which AVR boards do not have."
#endif
#if defined(__clang__) || !defined(__GNUC__)
#pragma STDC FP_CONTRACT OFF
#else
#pragma GCC push_options
#pragma GCC optimize("-ffp-contract=off")
#endif`;

const about = ({ manifest, digest }: Package, isInexact: boolean, prefix: string): string => {
  const { name, version, description, license } = manifest;
  const lines = [
    `${name}@${version}${description === undefined ? '' : `: ${comment(description)}`}`,
    digest,
    ...(license === undefined ? [] : [`License: ${comment(license)}`]),
    '',
    'Written by Millrace. C99; needs math.h, stdint.h and string.h, and allocates nothing. Compile with -ffp-contract=off and without',
    '-ffast-math, so that answers have the bits that Millrace gives everywhere else. Include it in one file.',
    ...(isInexact ? ['', "log1p is the C library's: the last bit of what it gives may be another."] : []),
    '',
    `  ${prefix}_row row = { … };`,
    `  ${prefix}_answer answer;`,
    `  if (${prefix}_predict(&row, &answer) != ${prefix.toUpperCase()}_OK) { … answer.refused … }`,
    '',
    `  cc -x c -std=c99 -ffp-contract=off -DMILLRACE_SELF_TEST ${prefix}.h -lm && ./a.out`,
  ];
  return `/*\n${lines.map((line) => ` * ${line}`.trimEnd()).join('\n')}\n */`;
};

/**
 * The text of a header.
 *
 * @param load makes the scorer whose answers to the package's examples the self test asks for; closed here
 * @throws NOT_EXPORTABLE, naming the step or operator; BAD_MODEL; USAGE for a prefix that is none
 */
export const writeHeader = async (
  found: Package,
  load: () => Promise<Scorer>,
  { prefix: given }: HeaderOptions = {},
): Promise<string> => {
  const { manifest, files, examples } = found;
  if (files.has('transform.js'))
    throw notExportable('its transform module is JavaScript', { expected: 'steps in place of it', got: 'transform' });
  const prefix = prefixOf(manifest.name, given);
  const upper = prefix.toUpperCase();
  const draft = createDraft(prefix);
  const source = await sourceOf(found);
  writePredict(draft, manifest, source);
  const callsLog1p =
    manifest.prepare?.some(isInexact) || ('trees' in source && source.trees.answer.link.kind === 'softplus');
  const scorer = await load();
  const answers = await scorer.score(examples.map((example) => example.input)).finally(scorer.close);
  const labels = labelTables(prefix, manifest.inputs, (all) => list(all.map(text)));
  return `${about(found, callsLog1p, prefix)}
#ifndef ${upper}_H
#define ${upper}_H

${guards}

#if defined(__GNUC__)
#define ${upper}_MAY_BE_UNUSED __attribute__((unused))
#else
#define ${upper}_MAY_BE_UNUSED
#endif

typedef enum {
${statuses.map((status) => `  ${upper}_${status},`).join('\n')}
} ${prefix}_status;

${rowStruct(prefix, manifest.inputs)}

${answerStruct(prefix, manifest.outputs)}

${[...labels, ...draft.tables].join('\n')}

${draft.functions.join('\n\n')}

/* Answers a row, or says why not: answer->refused is then the field, step or model that refused it. */
static ${upper}_MAY_BE_UNUSED ${prefix}_status ${prefix}_predict(const ${prefix}_row *row, ${prefix}_answer *answer) {
  ${prefix}_status status;
${draft.lines.map((line) => (line === '' ? '' : `  ${line}`)).join('\n')}

  answer->refused = 0;
  status = ${upper}_OK;
  return status;
}

#if !defined(__clang__) && defined(__GNUC__)
#pragma GCC pop_options
#endif

${selfTest(prefix, manifest, examples, answers)}
#endif
`.replace(/\n{3,}/g, '\n\n');
};

import type { Command } from 'commander';
import { showNames } from '../../core/errors.ts';
import { describe } from '../../core/kinds/index.ts';
import type { AnsweringRuntime, Manifest } from '../../core/types.ts';
import type { Inspected } from '../../deployments/inspect.ts';
import type { Measured } from '../../deployments/service/measure.ts';
import type { PackageCode } from '../../package/code.ts';
import { size } from '../../terminal/size.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { type Cli, examples } from '../command.ts';

interface Options {
  readonly json?: boolean;
}

const heading = (terminal: Terminal, text: string): void => terminal.out(`\n${terminal.style('bold', text)}`);

const showFields = (terminal: Terminal, title: string, fields: Manifest['inputs']): void => {
  heading(terminal, title);
  terminal.table(
    Object.entries(fields).map(([field, spec]) => ({
      field,
      kind: spec.kind,
      accepts: describe(spec),
      description: spec.description ?? '',
    })),
  );
};

/** A lookup of a thousand words is as long as it likes; a line is not. */
const SETTINGS_WIDTH = 96;

const settingsText = (settings: Readonly<Record<string, unknown>>): string => {
  const parts = Object.entries(settings).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  const text = parts.join(', ');
  return text.length <= SETTINGS_WIDTH ? text : `${text.slice(0, SETTINGS_WIDTH - 1)}…`;
};

/** What becomes of a row before the model sees it, in order. */
const showPreparation = (terminal: Terminal, { prepare = [] }: Manifest, hasTransform: boolean): void => {
  if (prepare.length === 0 && !hasTransform) return;
  const steps = prepare.flatMap((config) =>
    Object.entries(config).map(([step, { as, ...settings }]) => ({
      step,
      gives: String(as ?? settings.of),
      settings: settingsText(settings),
    })),
  );
  const code = {
    step: 'transform',
    gives: '',
    settings: 'code of the package: prepare before these, finish at the end',
  };
  heading(terminal, 'preparation');
  terminal.table(hasTransform ? [code, ...steps] : steps);
};

/** What runs when the package is put to work, and cannot be seen to be harmless. */
const codeRows = ({ transform, functions, custom, risk }: PackageCode) => [
  {
    code: 'transform module',
    '': transform ? `yes, ${transform.bytes} bytes, sha256 ${transform.sha256}` : 'no',
  },
  { code: 'functions of the graph', '': functions.length === 0 ? 'no' : showNames(functions) },
  { code: 'custom operators', '': custom.length === 0 ? 'no' : showNames(custom) },
  { code: 'known to be safe', '': risk === undefined ? 'yes' : `no: ${risk}; it runs in processes of its own` },
];

const runtimeText = ({ name, why }: AnsweringRuntime): string =>
  name === 'trees' ? "Millrace's own" : `ONNX Runtime, because ${why}`;

const rowText = ({ rowMs, isolation }: Measured): string => {
  const time = rowMs < 1 ? `${(rowMs * 1000).toFixed(0)} µs` : `${rowMs.toFixed(1)} ms`;
  return `${time}, so a service runs it ${isolation === 'inline' ? 'inline' : 'in processes of its own'}`;
};

/** Whose package it is, as far as anybody can tell. */
const signatureText = ({ key, by }: Inspected['signatures'][number]): string =>
  by === undefined ? `${key}: of nobody under trust, or not as it was signed` : `${by} (${key}), and it holds`;

const show = (terminal: Terminal, { opened, pointers, measured, code, answeredBy, signatures }: Inspected): void => {
  const { manifest, digest, digests, files, examples: golden } = opened;
  const { provenance = {}, metadata = {} } = manifest;
  terminal.out(`${terminal.style('bold', `${manifest.name}@${manifest.version}`)} ${digest}`);
  if (manifest.description) terminal.out(manifest.description);
  showFields(terminal, 'inputs', manifest.inputs);
  showPreparation(terminal, manifest, digests.has('transform.js'));
  showFields(terminal, 'outputs', manifest.outputs);
  heading(terminal, 'files');
  terminal.table([...digests].map(([file, sha]) => ({ file, size: size(files.get(file)?.length ?? 0), digest: sha })));
  heading(terminal, 'code');
  terminal.table(codeRows(code));
  const facts: Record<string, unknown> = {
    license: manifest.license,
    signed: signatures.map(signatureText).join('; ') || 'by nobody',
    runtime: runtimeText(answeredBy),
    'golden examples': golden.length,
    'one row takes': measured ? rowText(measured) : 'not tried, as it may hold code that nobody here has tried',
    'extra fields': manifest.extraFields ?? 'ignore',
    'intended use': manifest.intendedUse,
    limitations: manifest.limitations,
    trainer: provenance.trainer,
    trained: provenance.trained,
    commit: provenance.commit,
    'training data': provenance.data,
    ...Object.fromEntries(Object.entries(provenance.metrics ?? {}).map(([name, value]) => [`metric ${name}`, value])),
    ...metadata,
  };
  heading(terminal, 'about');
  terminal.table(
    Object.entries(facts).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value: String(value) }])),
  );
  heading(terminal, 'environments');
  if (pointers.length === 0) terminal.out('none points here');
  else
    terminal.table(pointers.map(({ environment, since, who, why }) => ({ environment, since, who, why: why ?? '' })));
};

const inspect = async (ref: string, { json }: Options, cli: Cli): Promise<void> => {
  const inspected = await (await cli.app()).inspect(ref);
  if (!json) return show(cli.terminal, inspected);
  const { opened, pointers, code, measured, answeredBy, signatures } = inspected;
  cli.terminal.json({
    ...opened.manifest,
    digest: opened.digest,
    files: [...opened.digests].map(([file, digest]) => ({ file, digest, bytes: opened.files.get(file)?.length ?? 0 })),
    examples: opened.examples,
    environments: pointers,
    signatures: signatures.map(({ key, by }) => ({ key, by: by ?? null })),
    answeredBy,
    code: { ...code, transform: code.transform ?? null },
    serving: measured ?? null,
  });
};

export const define = (command: Command, cli: Cli): void => {
  command
    .argument(
      '<ref>',
      'name@version, name@environment, name@sha256:…, name (the latest version), a folder or a package file',
    )
    .option('--json', 'everything as JSON')
    .action((ref: string, options: Options) => inspect(ref, options, cli));
  examples(
    command,
    ['millrace inspect churn@production', 'what production answers with'],
    ['millrace inspect ./churn.tar --json', 'a package file, for programs'],
  );
};

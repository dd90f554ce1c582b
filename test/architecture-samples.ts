/** Sources that keep to the design or go against it, and what is found in each. */

export const samples: readonly (readonly [
  what: string,
  files: Readonly<Record<string, string>>,
  found: readonly string[],
])[] = [
  [
    'a good file',
    { 'src/core/a.ts': "export const a = { process: 1, Buffer: 'process.exit()' }; // process.exit()" },
    [],
  ],
  [
    'an upward import',
    { 'src/core/a.ts': "import { b } from '../store/b.ts';\nb();", 'src/store/b.ts': 'export const b = () => 1;' },
    ['src/core/a.ts: core imports src/store/b.ts'],
  ],
  [
    'an upward import of a type',
    {
      'src/store/a.ts': "import type {\n  B,\n} from '../registry/b.ts';\nexport type A = B;",
      'src/registry/b.ts': 'export type B = 1;',
    },
    ['src/store/a.ts: store imports src/registry/b.ts'],
  ],
  [
    'a lazy upward import',
    {
      'src/files/a.ts': "export const a = () => import('../package/b.ts');",
      'src/package/b.ts': 'export const b = 1;',
    },
    ['src/files/a.ts: files imports src/package/b.ts'],
  ],
  [
    'a mode that imports another',
    { 'src/modes/once/a.ts': "export * from '../service/b.ts';", 'src/modes/service/b.ts': 'export const b = 1;' },
    ['src/modes/once/a.ts: modes/once imports src/modes/service/b.ts'],
  ],
  [
    'the composition root imported from below',
    {
      'src/modes/once/a.ts': "import type { App } from '../../app.ts';\nexport type A = App;",
      'src/app.ts': 'export type App = 1;',
    },
    ['src/modes/once/a.ts: modes/once imports src/app.ts'],
  ],
  [
    'a part that the table lacks',
    { 'src/helpers/a.ts': 'export {};' },
    ["src/helpers/a.ts: no row of the table names its part 'helpers'"],
  ],
  [
    'a format of model files that another part knows',
    {
      'src/package/a.ts': "import { xgboost } from '../runtimes/trees/formats/b.ts';\nxgboost();",
      'src/runtimes/trees/formats/b.ts': 'export const xgboost = () => 1;',
    },
    ['src/package/a.ts: imports src/runtimes/trees/formats/b.ts, which is behind the doors of runtimes'],
  ],
  [
    'a package in core',
    { 'src/core/a.ts': "import type { Ajv } from 'ajv';\nexport type A = Ajv;" },
    ['src/core/a.ts: core imports the package ajv'],
  ],
  [
    'a cycle of values',
    {
      'src/store/a.ts': "import { b } from './b.ts';\nexport const a = () => b;",
      'src/store/b.ts': "import { c } from './c.ts';\nexport const b = () => c;",
      'src/store/c.ts': "import { a } from './a.ts';\nexport const c = () => a;",
    },
    ['cycle: src/store/a.ts → src/store/b.ts → src/store/c.ts → src/store/a.ts'],
  ],
  [
    'a cycle that only types close',
    {
      'src/store/a.ts': "import { b } from './b.ts';\nexport const a = () => b;\nexport type A = 1;",
      'src/store/b.ts': "import type { A } from './a.ts';\nexport const b: A = 1;",
    },
    ['cycle: src/store/a.ts → src/store/b.ts → src/store/a.ts'],
  ],
  [
    'a global of Node in core',
    { 'src/core/a.ts': 'export const a = () => Buffer.from(`x`);' },
    ['src/core/a.ts: uses Buffer, but must run without Node'],
  ],
  [
    'a name that only looks like a global of Node',
    { 'src/core/a.ts': 'export const a = (process: { x: 1 }, o: { global: 1 }) => process.x + o.global;' },
    [],
  ],
  [
    'a module of Node reached from a web-standard file',
    {
      'src/modes/edge/a.ts': "import { b } from '../../package/b.ts';\nb();",
      'src/package/b.ts': "import { readFileSync } from 'node:fs';\nexport const b = () => readFileSync('x');",
    },
    ['src/package/b.ts: imports node:fs, but is loaded by src/modes/edge/a.ts, which must run without Node'],
  ],
  [
    'a column that is decoded when it is read',
    {
      'src/files/a.ts':
        "export const a = (columns: object, read: () => 1) => {\n  Object.defineProperty(columns, 'x', { enumerable: true, get: () => read() });\n};",
    },
    ['src/files/a.ts: defines a property that computes when it is read'],
  ],
  [
    'a property that is defined with a value',
    { 'src/files/a.ts': "export const a = (o: object) => Object.defineProperty(o, '__proto__', { value: 1 });" },
    [],
  ],
  [
    'a thread of its own way',
    { 'src/files/a.ts': "import { Worker } from 'node:worker_threads';\nexport const a = () => new Worker('b');" },
    ['src/files/a.ts: starts or serves a thread or process by itself, which is for src/threads'],
  ],
  [
    'a process of its own way, and one that answers',
    {
      'src/files/a.ts':
        "import { exec, fork } from 'node:child_process';\nexport const a = () => [fork('b'), exec('c')];",
      'src/files/b.ts': 'export const b = () => process.send?.(1);',
    },
    [
      'src/files/a.ts: starts or serves a thread or process by itself, which is for src/threads',
      'src/files/b.ts: starts or serves a thread or process by itself, which is for src/threads',
    ],
  ],
  [
    'a thread of src/threads, and a program that is no process of ours',
    {
      'src/threads/a.ts': "import { Worker } from 'node:worker_threads';\nexport const a = () => new Worker('b');",
      'src/files/b.ts': "import { spawn } from 'node:child_process';\nexport const b = () => spawn('chrt');",
    },
    [],
  ],
  [
    'a command that ends the process',
    { 'src/cli/commands/a.ts': 'export const a = () => process.exit(1);' },
    ['src/cli/commands/a.ts: ends the process'],
  ],
];

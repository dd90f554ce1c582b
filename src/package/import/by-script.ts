/** How millrace_export.py is called, which knows how each library in Python is written down. */
import type { WayOn } from './foreign-kind.ts';

/** `millrace init --python` says where the script lies. */
const FETCH = 'cp "$(millrace init --python)" .';

/** On a file, in the environment that it was made in. */
export const byScript = (file: string): WayOn => ({
  say: 'Where it was trained, with the answers that prove it (held-out.csv: rows that it was not trained with)',
  language: 'sh',
  lines: [FETCH, `python millrace_export.py ${file} --data held-out.csv`],
});

/** On a model that a program or a notebook has in memory. */
export const IN_PYTHON: readonly string[] = [
  `from millrace_export import export  # after: ${FETCH}`,
  '',
  'export(model, X_test, y_test, folder="churn")',
];

/**
 * `npm run convert-page`: writes docs/CONVERT.md from the table that messages are made of (src/package/import), so that the
 * page and the command line say the same lines.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { IN_PYTHON } from '../src/package/import/by-script.ts';
import type { ForeignKind } from '../src/package/import/foreign-kind.ts';
import { foreignKinds, ownFiles } from '../src/package/import/index.ts';

export const CONVERT_PAGE = join(import.meta.dirname, '..', 'docs', 'CONVERT.md');

const INTRODUCTION = `# From any file to a model that runs

An \`.onnx\` file, what XGBoost, LightGBM and CatBoost save, and a folder of MLflow with one of them are taken as they are:
\`millrace init <file>\`. Every other file is told by its content, whatever it is called: every command that is given
one says what it is, and lines to run, which are these (FOREIGN_MODEL). Nothing of such a file is ever run, and only its beginning
and end are read.

The way that proves most begins where the model is in memory, in the notebook or program that trained it. The script
\`millrace_export.py\` (\`millrace init --python\` says where it lies) writes a folder with the model, \`model.yaml\`, golden examples
from the library itself and a reference, which \`millrace pack\` then holds the model against:

\`\`\`python
${IN_PYTHON.join('\n')}
\`\`\`
`;

const section = ({ title, ways, tried }: Pick<ForeignKind, 'title' | 'ways' | 'tried'>): string => {
  const parts = ways.map(({ say, language, lines }) => `${say}:\n\n\`\`\`${language}\n${lines.join('\n')}\n\`\`\``);
  const trial = tried === undefined ? 'Not tried here.' : `Tried with ${tried}.`;
  return [`### ${title}`, ...parts, trial].join('\n\n');
};

export const convertPage = (): string => {
  const groups = Object.entries({ 'Taken as they are': ownFiles, ...foreignKinds });
  const texts = groups.map(([group, kinds]) => [`## ${group}`, ...kinds.map(section)].join('\n\n'));
  return `${[INTRODUCTION.trimEnd(), ...texts].join('\n\n')}\n`;
};

if (import.meta.main) writeFileSync(CONVERT_PAGE, convertPage());

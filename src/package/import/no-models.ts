/** Files that are no models at all, or not whole: what comes of a download, a checkout or a wrong name. */
import { IN_PYTHON } from './by-script.ts';
import type { ForeignKind, WayOn } from './foreign-kind.ts';
import { isCutOnnx } from './onnx-cut.ts';
import type { Peek } from './peek.ts';

const AGAIN: WayOn = {
  say: 'Fetch it again, whole, and compare its size and digest with the original’s',
  language: 'sh',
  lines: ['curl -fL -o model.onnx "$ADDRESS"', 'ls -l model.onnx', 'sha256sum model.onnx'],
};

const COMPRESSED = ['gzip', 'zlib', 'bzip2', 'xz', 'lzma', 'lz4', 'zstd'];
const isTar = (text: string): boolean => text.startsWith('ustar', 257);
const isPackage = ({ head }: Peek): boolean => isTar(head) && /^(?:oci-layout|blobs\/|index\.json)/.test(head);
const ofTable = ({ head, name }: Peek): boolean =>
  ['PAR1', 'ARROW1', '\x93NUMPY'].some((begin) => head.startsWith(begin)) ||
  (/\.(?:csv|tsv|ndjson|jsonl)$/i.test(name) && !head.includes('\0'));

export const noModels: readonly ForeignKind[] = [
  {
    title: 'An empty file',
    is: () => 'empty',
    matches: ({ bytes, entries }) => bytes === 0 && entries === undefined,
    file: 'model.onnx',
    ways: [AGAIN],
    damaged: true,
  },
  {
    title: 'A file of zeros',
    is: ({ bytes }) => `${bytes} zeros: room that was made for a file that never came`,
    matches: ({ head, tail }) => head.length > 0 && !/[^\0]/.test(head) && !/[^\0]/.test(tail),
    file: 'model.onnx',
    ways: [AGAIN],
    damaged: true,
  },
  {
    title: 'A Git LFS pointer',
    is: ({ head }) =>
      `a Git LFS pointer: a line in place of a file of ${/^size (\d{1,15})$/m.exec(head)?.[1] ?? 'some'} bytes`,
    matches: ({ head }) => head.startsWith('version https://git-lfs.github.com/spec/'),
    file: 'model.onnx',
    ways: [
      { say: 'Fetch the file itself', language: 'sh', lines: ['git lfs install', 'git lfs pull --include model.onnx'] },
    ],
  },
  {
    title: 'A DVC pointer',
    is: () => 'a DVC pointer: it stands in place of the file',
    matches: ({ head, bytes }) => bytes < 65_536 && /^(?:md5: \w+\n)?outs:\n- /.test(head),
    file: 'model.onnx.dvc',
    ways: [{ say: 'Fetch the file itself', language: 'sh', lines: ['dvc pull model.onnx.dvc'] }],
  },
  {
    title: 'A page in place of a file',
    is: () => 'an HTML page: what a browser shows for the file, a sign-in or an error',
    matches: ({ head }) => /^(?:\xef\xbb\xbf)?\s*(?:<!--[\s\S]*?-->\s*)?<(?:!doctype html|html|head)\b/i.test(head),
    file: 'model.onnx',
    ways: [
      {
        say: 'Fetch the file itself: of GitHub its raw address, of Hugging Face resolve in place of blob',
        language: 'sh',
        lines: [
          'curl -fL -o model.onnx https://github.com/owner/name/raw/main/path/to/file',
          'curl -fL -o model.onnx https://huggingface.co/owner/name/resolve/main/path/to/file',
        ],
      },
    ],
  },
  {
    title: 'Half an ONNX file',
    is: ({ bytes }) => `the beginning of an ONNX file, cut off after ${bytes} bytes`,
    matches: isCutOnnx,
    file: 'model.onnx',
    ways: [AGAIN],
    damaged: true,
  },
  {
    title: 'Half an archive',
    is: () => 'the beginning of a zip archive, as PyTorch and Keras make them, without its end',
    matches: ({ zip }) => zip !== undefined && !zip.whole,
    file: 'model.onnx',
    ways: [AGAIN],
    damaged: true,
  },
  {
    title: 'A package of Millrace',
    is: () => 'a package of Millrace already',
    matches: isPackage,
    file: 'churn.tar',
    ways: [
      {
        say: 'Put it to work',
        language: 'sh',
        lines: ['millrace inspect ./churn.tar', 'millrace predict ./churn.tar --in rows.csv --out answers.csv'],
      },
    ],
  },
  {
    title: 'A notebook or a program',
    is: ({ head }) => (/^\s*\{/.test(head) ? 'a notebook' : 'a Python program'),
    matches: ({ head, name }) =>
      (/^\s*\{/.test(head) && /"(?:cells|nbformat)"\s*:/.test(head)) || (/\.py$/i.test(name) && !head.includes('\0')),
    file: 'train.ipynb',
    ways: [
      {
        say: 'Let it write its model: at its end, where model, X_test and y_test are',
        language: 'python',
        lines: IN_PYTHON,
      },
    ],
  },
  {
    title: 'A table of data',
    is: () => 'a table of data',
    matches: ofTable,
    file: 'held-out.csv',
    ways: [
      {
        say: 'It is what a model is asked; once a model is packed',
        language: 'sh',
        lines: ['millrace predict churn@0.1.0 --in held-out.csv --out answers.csv'],
      },
    ],
  },
  {
    title: 'An archive',
    is: ({ zip }) => (zip ? `a zip archive (${zip.names.slice(0, 3).join(', ')})` : 'an archive'),
    matches: ({ head, inside, zip }) =>
      zip !== undefined || isTar(head) || isTar(inside) || head.startsWith('7z\xbc\xaf') || head.startsWith('Rar!'),
    file: 'model.zip',
    ways: [
      {
        say: 'Unpack it, and name the model’s file in it',
        language: 'sh',
        lines: ['python -m zipfile -e model.zip unpacked  # tar -xf for other archives', 'ls -R unpacked'],
      },
    ],
  },
  {
    title: 'A compressed file',
    is: ({ compression }) => `a file compressed with ${compression}`,
    matches: ({ compression }) => COMPRESSED.includes(compression ?? ''),
    file: 'model.onnx.gz',
    ways: [
      {
        say: 'Decompress it; bunzip2, unxz, lz4 -d and unzstd are for the others',
        language: 'sh',
        lines: ['gunzip model.onnx.gz'],
      },
    ],
  },
];

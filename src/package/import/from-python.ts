/** What Python's own way of keeping objects makes: pickle, joblib, skops. Such a file is a program, so nothing of it is ever run. */
import { byScript } from './by-script.ts';
import type { ForeignKind } from './foreign-kind.ts';
import type { Peek } from './peek.ts';
import { isPickle, pickledClass } from './pickled.ts';

/**
 * Any estimator as ONNX, of float32 columns as most converters want them. `load` makes `model`. A ColumnTransformer is fed by the
 * names of columns; what has none in it takes one table, and skl2onnx refuses it several inputs.
 */
const toOnnx = (imports: string, load: readonly string[]): readonly string[] => [
  imports,
  'import pandas as pd',
  'from skl2onnx import to_onnx  # pip install skl2onnx',
  '',
  ...load,
  'X = pd.read_csv("held-out.csv")',
  'X = X[list(getattr(model, "feature_names_in_", X.columns))]',
  'row = X[:1].astype({name: "float32" for name in X.select_dtypes("number")})',
  'try:',
  '    onnx = to_onnx(model, row)  # by columns, as pipelines take them',
  'except Exception:',
  '    onnx = to_onnx(model, row.to_numpy("float32"))  # all columns as one table of numbers',
  'with open("model.onnx", "wb") as file:',
  '    file.write(onnx.SerializeToString())',
];

/** The pickle in a file, compressed or not. */
const pickleIn = ({ head, inside }: Peek): string | undefined =>
  isPickle(head) ? head : isPickle(inside) ? inside : undefined;

const compressed = ({ compression }: Peek): string =>
  compression === undefined ? '' : `, compressed with ${compression}`;

const pickleOf =
  (what: string) =>
  (peek: Peek): string => {
    const text = pickleIn(peek) ?? '';
    const made = pickledClass(text);
    const by = text.includes('joblib') ? 'joblib file' : 'pickle';
    return `a ${by} ${what}${made === undefined ? '' : ` (${made})`}${compressed(peek)}: a program that only Python can run`;
  };

const madeBy =
  (library: string) =>
  (peek: Peek): boolean => {
    const text = pickleIn(peek);
    return text !== undefined && pickledClass(text)?.split('.')[0] === library;
  };

/** A library's own file is the better way: it is run as it is. Its package in Python has its name in small letters. */
const savedBy = (library: string, save: readonly string[], version: string): ForeignKind => ({
  title: `${library} in a pickle`,
  is: pickleOf(`of ${library}`),
  matches: madeBy(library.toLowerCase()),
  file: 'model.pkl',
  ways: [
    byScript('model.pkl'),
    {
      say: `By hand, as ${library}’s own file, which Millrace runs as it is`,
      language: 'python',
      lines: ['import joblib', '', 'model = joblib.load("model.pkl")', ...save],
    },
  ],
  tried: `${library} ${version}`,
});

/** Of compressions that cannot be looked into. */
const isJoblibByName = ({ compression, name }: Peek): boolean =>
  compression !== undefined && /\.(?:joblib|pkl|pickle)(?:\.(?:z|gz|bz2|xz|lzma|lz4))?$/i.test(name);

export const fromPython: readonly ForeignKind[] = [
  savedBy('XGBoost', ['model.save_model("model.ubj")'], '3.2'),
  savedBy('LightGBM', ['getattr(model, "booster_", model).save_model("model.txt")'], '4.7'),
  savedBy(
    'CatBoost',
    [
      '# With categories, pool=Pool(X_train, cat_features=[…]), too: what it was trained with knows their texts.',
      'model.save_model("model.json", format="json")',
    ],
    '1.2',
  ),
  {
    title: 'PyTorch in a pickle',
    is: pickleOf('of PyTorch'),
    matches: madeBy('torch'),
    file: 'model.pkl',
    ways: [
      {
        say: 'Write it as ONNX, with the code beside you that has its class',
        language: 'python',
        lines: [
          'import pickle',
          'import torch',
          '',
          'with open("model.pkl", "rb") as file:',
          '    model = pickle.load(file).eval()',
          'rows = torch.randn(2, 8)  # two rows of what your model takes',
          'torch.onnx.export(model, (rows,), "model.onnx", dynamo=True, external_data=False,',
          '                  dynamic_shapes=({0: torch.export.Dim("rows")},))',
        ],
      },
    ],
    tried: 'PyTorch 2.15',
  },
  {
    title: 'scikit-learn in a pickle or joblib file',
    is: pickleOf('of scikit-learn'),
    matches: (peek) => madeBy('sklearn')(peek),
    file: 'model.pkl',
    ways: [
      byScript('model.pkl'),
      {
        say: 'By hand, as ONNX',
        language: 'python',
        lines: toOnnx('import joblib', ['model = joblib.load("model.pkl")  # reads pickles, too']),
      },
    ],
    tried: 'scikit-learn 1.9, skl2onnx 1.20',
  },
  {
    title: 'Any other pickle or joblib file',
    is: (peek) =>
      pickleIn(peek) === undefined
        ? `a file compressed with ${peek.compression}, by its name of joblib: a program that only Python can run`
        : pickleOf('of Python')(peek),
    matches: (peek) => pickleIn(peek) !== undefined || isJoblibByName(peek) || /^ZF(?:0x|[0-9a-f])/.test(peek.head),
    file: 'model.pkl',
    ways: [
      byScript('model.pkl'),
      {
        say: 'To see what is in it, in an environment that you trust it with',
        language: 'python',
        lines: ['import joblib', '', 'model = joblib.load("model.pkl")', 'print(type(model), model)'],
      },
    ],
    tried: 'joblib 1.6',
  },
  {
    title: 'skops',
    is: () => 'a skops file of scikit-learn: objects that only Python can make again',
    matches: ({ zip }) => zip?.whole === true && zip.names.includes('schema.json'),
    file: 'model.skops',
    ways: [
      {
        say: 'Write it as ONNX; look at the types that you trust before you do',
        language: 'python',
        lines: toOnnx('import skops.io', [
          'types = skops.io.get_untrusted_types(file="model.skops")',
          'print("trusting", types)',
          'model = skops.io.load("model.skops", trusted=types)',
        ]),
      },
    ],
    tried: 'skops 0.16, skl2onnx 1.20',
  },
];

/** What other languages and older versions save. */
import { IN_PYTHON } from './by-script.ts';
import type { ForeignKind } from './foreign-kind.ts';
import type { Peek } from './peek.ts';

/** XGBoost's form before JSON: a struct of 136 bytes, then the objective's name behind its length (src/learner.cc of 1.7). */
const isOldXgboost = ({ head }: Peek): boolean => {
  const start = head.startsWith('binf') ? 4 : 0;
  const length = head.charCodeAt(start + 136);
  const name = head.slice(start + 144, start + 144 + length);
  return head.startsWith('bs64') || (head.startsWith('\0'.repeat(7), start + 137) && /^[a-z]+:[\w@.]+$/.test(name));
};

/** An R object: its form (XDR, native or ASCII) and version 2 or 3, or those of a whole workspace (R Internals, section 1.8). */
const R_OBJECTS = [
  'X\n\0\0\0\x02',
  'X\n\0\0\0\x03',
  'B\n\x02\0\0\0',
  'B\n\x03\0\0\0',
  'A\n2\n',
  'A\n3\n',
  'RDX',
  'RDA',
];
const isR = (text: string): boolean => R_OBJECTS.some((begin) => text.startsWith(begin));
const isOfR = ({ head, inside, name, compression }: Peek): boolean =>
  isR(head) || isR(inside) || (compression !== undefined && /\.(?:rds|rda|rdata)$/i.test(name));

export const fromElsewhere: readonly ForeignKind[] = [
  {
    title: 'XGBoost’s old binary file',
    is: () => 'a model in the binary form of XGBoost that its versions from 3.1 on no longer read',
    matches: isOldXgboost,
    file: 'old.model',
    ways: [
      {
        say: 'Save it anew with an older XGBoost',
        language: 'sh',
        lines: [
          'pip install "xgboost<3.1"',
          "python -c \"import xgboost; xgboost.Booster(model_file='old.model').save_model('model.ubj')\"",
        ],
      },
    ],
    tried: 'XGBoost 2.1',
  },
  {
    title: 'R (.rds, .RData)',
    is: () => 'an R object, which only R can read',
    matches: isOfR,
    file: 'model.rds',
    ways: [
      {
        say: 'In R, save a booster as its library’s own file: the line of your library',
        language: 'r',
        lines: [
          'model <- readRDS("model.rds")',
          'xgboost::xgb.save(model, "model.ubj")',
          'lightgbm::lgb.save(model, "model.txt")',
          'catboost::catboost.save_model(model, "model.json", file_format = "json")',
        ],
      },
    ],
  },
  {
    title: 'PMML',
    is: () => 'a PMML document',
    matches: ({ head }) => /<(?:\w+:)?PMML\b/.test(head.slice(0, 8192)),
    file: 'model.pmml',
    ways: [
      {
        say: 'Nothing reads it here: write the model anew where it was trained; in Python, where model, X_test and y_test are',
        language: 'python',
        lines: IN_PYTHON,
      },
    ],
  },
  {
    title: 'A folder of Spark ML',
    is: () => 'a model of Spark ML',
    matches: ({ entries }) =>
      (entries?.includes('metadata') ?? false) &&
      (entries?.some((name) => name === 'stages' || name === 'data') ?? false),
    file: 'my-model',
    ways: [
      {
        say: 'Write it as ONNX in the session that has it (rows: a data frame of what it takes)',
        language: 'python',
        lines: [
          'from onnxmltools import convert_sparkml  # pip install onnxmltools',
          'from onnxmltools.convert.sparkml.utils import buildInitialTypesSimple',
          'from pyspark.ml import PipelineModel',
          '',
          'model = PipelineModel.load("my-model")',
          'onnx = convert_sparkml(model, "model", buildInitialTypesSimple(rows), spark_session=spark)',
          'with open("model.onnx", "wb") as file:',
          '    file.write(onnx.SerializeToString())',
        ],
      },
    ],
  },
  {
    title: 'Java (.ser, Weka’s .model)',
    is: () => 'an object that Java wrote, which only Java with the same classes can read',
    matches: ({ head }) => head.startsWith('\xac\xed\0\x05'),
    file: 'model.ser',
    ways: [
      {
        say: 'Nothing else reads it: train the model where its library’s file is taken; in Python, where model, X_test and y_test are',
        language: 'python',
        lines: IN_PYTHON,
      },
    ],
  },
];

/** Kinds of files that are no models of a format that is run: to add one is a row. The first that matches is the one. */

import type { ForeignKind } from './foreign-kind.ts';
import { fromElsewhere } from './from-elsewhere.ts';
import { fromNetworks } from './from-networks.ts';
import { fromPython } from './from-python.ts';
import { noModels } from './no-models.ts';

/** Groups, as docs/CONVERT.md has them. */
export const foreignKinds: Readonly<Record<string, readonly ForeignKind[]>> = {
  Networks: fromNetworks,
  Python: fromPython,
  'Other languages and older files': fromElsewhere,
  'Not a model': noModels,
};

/** What is run as it is, and the line by which its library saves it. */
export const ownFiles: readonly Pick<ForeignKind, 'title' | 'ways' | 'tried'>[] = [
  {
    title: 'XGBoost',
    ways: [
      { say: 'Booster or estimator, as .ubj or .json', language: 'python', lines: ['model.save_model("model.ubj")'] },
    ],
    tried: 'XGBoost 3.2',
  },
  {
    title: 'LightGBM',
    ways: [
      {
        say: 'Booster or estimator',
        language: 'python',
        lines: ['getattr(model, "booster_", model).save_model("model.txt")'],
      },
    ],
    tried: 'LightGBM 4.7',
  },
  {
    title: 'CatBoost',
    ways: [
      {
        say: 'As JSON, with the rows that it was trained with (X_train), which know the texts of its categories',
        language: 'python',
        lines: [
          'from catboost import Pool',
          '',
          'pool = Pool(X_train, cat_features=model.get_cat_feature_indices())',
          'model.save_model("model.json", format="json", pool=pool)',
        ],
      },
      {
        say: 'Of a .cbm file without categories',
        language: 'python',
        lines: [
          'from catboost import CatBoost',
          '',
          'model = CatBoost().load_model("model.cbm")',
          'model.save_model("model.json", format="json")',
        ],
      },
    ],
    tried: 'CatBoost 1.2',
  },
];

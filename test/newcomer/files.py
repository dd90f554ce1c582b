"""Models in files of every sort, for the lines that the pages have for such a file."""

import catboost
import lightgbm
import numpy as np
import skops.io
import xgboost
from case import Case, classes, second
from lines import Lines
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from tables import Task, customers


def both(title):
    """By the script, and by hand."""
    return [Lines(title), Lines(title, 1)]


def files():
    table, churned = customers()
    numbers = Task(table, churned.astype(int)).having(["Monthly Charges", "tenure"])
    words = Task(table.assign(payment=table["payment"].fillna("none")), np.where(churned, "leaves", "stays")).having(["tenure", "payment"])

    def boosted(name, model, ways):
        model.fit(numbers.X, numbers.y)
        return Case(name, model, numbers, second(model, numbers.held), ways, exact=True)

    cat = {"iterations": 20, "verbose": 0, "allow_writing_files": False, "random_seed": 1}
    yield boosted("pickle-xgb", xgboost.XGBClassifier(n_estimators=20, verbosity=0), both("XGBoost in a pickle"))
    yield boosted("pickle-lgb", lightgbm.LGBMClassifier(n_estimators=20, verbose=-1), both("LightGBM in a pickle"))
    yield boosted("pickle-cat", catboost.CatBoostClassifier(**cat), both("CatBoost in a pickle"))
    in_file = boosted("file-cat", catboost.CatBoostClassifier(**cat), [Lines("CatBoost", 1)])
    yield in_file._replace(saves={"model.cbm": lambda path: in_file.model.save_model(str(path))})

    columns = make_column_transformer((StandardScaler(), ["tenure"]), (OneHotEncoder(), ["payment"]))
    pipeline = make_pipeline(columns, LogisticRegression()).fit(words.X, words.y)
    case = Case("pickle-sk", pipeline, words, classes(pipeline, words.held), both("scikit-learn in a pickle or joblib file"))
    yield case
    yield case._replace(name="readme", ways=[Lines("Your own model", 1)])
    # Nothing can be told of what is inside.
    yield case._replace(name="joblib-bz2", compress=("bz2", 3), ways=[Lines("Any other pickle or joblib file")])
    yield case._replace(name="skops", ways=[Lines("skops")], saves={"model.skops": lambda path: skops.io.dump(pipeline, path)})
    for name, title in [("pmml", "PMML"), ("java", "Java (.ser, Weka’s .model)"), ("notebook", "A notebook or a program")]:
        yield case._replace(name=name, ways=[Lines(title)])

"""Models of XGBoost, LightGBM and CatBoost: their own files are read as they are, and answered with their own bits."""

import catboost
import lightgbm
import numpy as np
import xgboost
from case import Case, by_place, classes, number, second
from lines import IN_MEMORY, Lines
from tables import HELD_OUT, ROWS, Task, customers

QUICK = {"n_estimators": 20, "max_depth": 4}
GROUP = 20


def rank(model, X):
    return {"score": np.asarray(model.predict(X))}


def fitted(name, model, task, answers, library, **fit):
    model.fit(task.X, task.y, **fit)
    return Case(name, model, task, answers(model, task.held), (IN_MEMORY, Lines(library)), exact=True)


def boosted():
    table, churned = customers()
    texts = table.assign(payment=table["payment"].fillna("none"))
    categories = {"payment": "category", "contract": "category"}
    coded = Task(table.astype(categories), churned.astype(int))
    ascii_ = Task(table.replace({"payment": {"café": "cafe"}}).astype(categories), churned.astype(int))
    named = Task(texts, np.where(churned, "leaves", "stays"))
    plain = coded.having(["Monthly Charges", "tenure", "senior"])
    weight = table["tenure"].to_numpy() + 10.0 * churned
    third = np.digitize(weight, [20, 50])
    groups = [GROUP] * ((ROWS - HELD_OUT) // GROUP)

    xgb = {**QUICK, "verbosity": 0, "enable_categorical": True}
    yield fitted("xgb-binary", xgboost.XGBClassifier(**xgb), ascii_, second, "XGBoost")
    # Its own file has texts beyond ASCII cut off: millrace_export.py takes them from the table.
    yield fitted("xgb-accents", xgboost.XGBClassifier(**xgb), coded, second, "XGBoost")._replace(ways=[IN_MEMORY])
    yield fitted("xgb-three", xgboost.XGBClassifier(**xgb), ascii_.asking(third), classes, "XGBoost")
    yield fitted("xgb-number", xgboost.XGBRegressor(**xgb), ascii_.asking(weight), number, "XGBoost")
    yield fitted("xgb-rank", xgboost.XGBRanker(**xgb), plain.asking(third), rank, "XGBoost", group=groups)

    lgb = {**QUICK, "verbose": -1}
    yield fitted("lgb-binary", lightgbm.LGBMClassifier(**lgb), coded, second, "LightGBM")
    words = coded.asking(np.array(["new", "middle", "old"])[third])
    yield by_place(fitted("lgb-three", lightgbm.LGBMClassifier(**lgb), words, classes, "LightGBM"))
    yield fitted("lgb-number", lightgbm.LGBMRegressor(**lgb), coded.asking(weight), number, "LightGBM")
    yield fitted("lgb-rank", lightgbm.LGBMRanker(**lgb), plain.asking(third), rank, "LightGBM", group=groups)

    cat = {"iterations": 20, "depth": 4, "verbose": 0, "allow_writing_files": False, "random_seed": 1}
    with_texts = {**cat, "cat_features": ["payment", "contract"]}
    yield fitted("cat-binary", catboost.CatBoostClassifier(**with_texts), named, second, "CatBoost")
    words = named.asking(np.array(["new", "middle", "old"])[third])
    yield fitted("cat-three", catboost.CatBoostClassifier(**with_texts), words, classes, "CatBoost")
    yield fitted("cat-number", catboost.CatBoostRegressor(**with_texts), named.asking(weight), number, "CatBoost")
    queries = np.repeat(np.arange(len(groups)), GROUP)
    yield fitted("cat-rank", catboost.CatBoostRanker(**cat), plain.asking(third), rank, "CatBoost", group_id=queries)

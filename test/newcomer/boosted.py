"""Models of XGBoost, LightGBM and CatBoost: their own files are read as they are, and answered with their own bits."""

import catboost
import lightgbm
import numpy as np
import xgboost
from case import Case, by_place, classes, number, second
from tables import HELD_OUT, ROWS, Task, customers

QUICK = {"n_estimators": 20, "max_depth": 4}
GROUP = 20


def rank(model, X):
    return {"score": np.asarray(model.predict(X))}


def fitted(name, model, task, answers, save, **fit):
    model.fit(task.X, task.y, **fit)

    def own(folder):
        return save(model, folder, task)

    return Case(name, model, task, answers(model, task.held), own, exact=True)


def xgboost_file(model, folder, _):
    model.save_model(folder / "model.ubj")
    return "model.ubj"


def lightgbm_file(model, folder, _):
    model.booster_.save_model(folder / "model.txt")
    return "model.txt"


def catboost_file(model, folder, task):
    pool = catboost.Pool(task.X, cat_features=model.get_cat_feature_indices())
    model.save_model(folder / "model.json", format="json", pool=pool)
    return "model.json"


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
    yield fitted("xgb-binary", xgboost.XGBClassifier(**xgb), ascii_, second, xgboost_file)
    # Its own file has texts beyond ASCII cut off: millrace_export.py takes them from the table.
    yield fitted("xgb-accents", xgboost.XGBClassifier(**xgb), coded, second, xgboost_file)._replace(own=None)
    yield fitted("xgb-three", xgboost.XGBClassifier(**xgb), ascii_.asking(third), classes, xgboost_file)
    yield fitted("xgb-number", xgboost.XGBRegressor(**xgb), ascii_.asking(weight), number, xgboost_file)
    yield fitted("xgb-rank", xgboost.XGBRanker(**xgb), plain.asking(third), rank, xgboost_file, group=groups)

    lgb = {**QUICK, "verbose": -1}
    yield fitted("lgb-binary", lightgbm.LGBMClassifier(**lgb), coded, second, lightgbm_file)
    words = coded.asking(np.array(["new", "middle", "old"])[third])
    yield by_place(fitted("lgb-three", lightgbm.LGBMClassifier(**lgb), words, classes, lightgbm_file))
    yield fitted("lgb-number", lightgbm.LGBMRegressor(**lgb), coded.asking(weight), number, lightgbm_file)
    yield fitted("lgb-rank", lightgbm.LGBMRanker(**lgb), plain.asking(third), rank, lightgbm_file, group=groups)

    cat = {"iterations": 20, "depth": 4, "verbose": 0, "allow_writing_files": False, "random_seed": 1}
    with_texts = {**cat, "cat_features": ["payment", "contract"]}
    yield fitted("cat-binary", catboost.CatBoostClassifier(**with_texts), named, second, catboost_file)
    words = named.asking(np.array(["new", "middle", "old"])[third])
    yield fitted("cat-three", catboost.CatBoostClassifier(**with_texts), words, classes, catboost_file)
    yield fitted("cat-number", catboost.CatBoostRegressor(**with_texts), named.asking(weight), number, catboost_file)
    queries = np.repeat(np.arange(len(groups)), GROUP)
    yield fitted("cat-rank", catboost.CatBoostRanker(**cat), plain.asking(third), rank, catboost_file, group_id=queries)

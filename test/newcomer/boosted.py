"""Models of XGBoost, LightGBM and CatBoost."""

import lightgbm
from case import Case, second
from tables import Task, customers


def boosted():
    table, churned = customers()
    coded = Task(table.astype({"payment": "category", "contract": "category"}), churned.astype(int))
    quick = {"n_estimators": 20, "max_depth": 4}

    def fitted(name, model, task, answers, file, save):
        model.fit(task.X, task.y)

        def own(folder):
            save(model, str(folder / file))
            return file

        return Case(name, model, task, answers(model, task.held), own, exact=True)

    def booster(model, path):
        model.booster_.save_model(path)

    yield fitted("lgb-binary", lightgbm.LGBMClassifier(**quick, verbose=-1), coded, second, "model.txt", booster)

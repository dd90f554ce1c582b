"""The command of millrace_export.py on files of real libraries: what it writes, and what it says where it cannot."""

import contextlib
import io
import pickle
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path

import catboost
import joblib
import lightgbm
import numpy as np
import pandas as pd
import xgboost
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

sys.path.insert(0, str(Path(__file__).parents[2] / "python"))
import millrace_export  # noqa: E402

random = np.random.default_rng(7)
ROWS = 60
WRITTEN = {"model.yaml", "examples.csv", "reference.csv"}


def table():
    data = pd.DataFrame({"age": random.normal(40, 10, ROWS), "visits": random.integers(0, 9, ROWS), "member": random.random(ROWS) > 0.5})
    data["plan"] = pd.Categorical(random.choice(["basic", "plus"], ROWS))
    data.loc[3, "age"] = np.nan
    data["stays"] = np.where(data["age"].fillna(40) + data["visits"] > 44, "yes", "no")
    return data


def pipeline(data):
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    columns = ColumnTransformer([("n", numbers, ["age", "visits"]), ("t", OneHotEncoder(handle_unknown="ignore"), ["plan"])])
    return make_pipeline(columns, LogisticRegression()).fit(data[["age", "visits", "plan"]], data["stays"])


class Command(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.data = table()

    def run_on(self, model, data=None, *words, dump=joblib.dump):
        """The exit code, and all that was said; the folder is `out`."""
        path = self.folder / "model.pkl"
        dump(model, path)
        held_out = self.folder / "held-out.csv"
        (self.data if data is None else data).to_csv(held_out, index=False)
        return self.run_words(str(path), "--data", str(held_out), "-o", str(self.folder / "out"), *words)

    def run_words(self, *words):
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            code = millrace_export.main(list(words))
        return code, said.getvalue()

    def refused(self, expected, *call, **options):
        code, said = self.run_on(*call, **options)
        self.assertEqual(code, 2, said)
        self.assertRegex(said, expected)
        self.assertNotIn("Traceback", said)
        self.assertFalse((self.folder / "out").exists(), "nothing is left behind")

    def wrote(self, model_file, code, said):
        self.assertEqual(code, 0, said)
        names = {path.name for path in (self.folder / "out").iterdir()}
        self.assertEqual(names, {*WRITTEN, model_file}, said)

    def test_a_pickle_and_a_joblib_file_of_scikit_learn(self):
        for dump in (joblib.dump, lambda model, path: path.write_bytes(pickle.dumps(model))):
            self.wrote("model.onnx", *self.run_on(pipeline(self.data), None, "--truth", "stays", "--force", dump=dump))
        text = (self.folder / "out" / "model.yaml").read_text()
        self.assertIn("truth: ", text)
        self.assertIn("basic", text)

    def test_xgboost_with_categories_and_a_column_of_the_index(self):
        X = self.data[["age", "visits", "plan", "member"]]
        model = xgboost.XGBClassifier(n_estimators=5, enable_categorical=True).fit(X, self.data["stays"] == "yes")
        self.wrote("model.ubj", *self.run_on(model, self.data.reset_index().rename(columns={"index": "Unnamed: 0"})))

    def test_lightgbm_with_categories(self):
        X = self.data[["age", "visits", "plan"]]
        model = lightgbm.LGBMRegressor(n_estimators=5, min_child_samples=3, verbose=-1).fit(X, self.data["visits"])
        self.wrote("model.txt", *self.run_on(model, None, "--truth", "visits"))

    def test_lightgbm_knows_its_categories_by_the_names_of_columns(self):
        data = self.data.assign(city=pd.Categorical(random.choice(["north", "south"], ROWS)))
        X = data[["age", "plan", "city"]]
        model = lightgbm.LGBMRegressor(n_estimators=5, min_child_samples=3, verbose=-1).fit(X, data["visits"])
        for given in (X[["city", "age", "plan"]], X.astype({"plan": str, "city": str})):
            _, said = self.export(model, given)
            text = (self.folder / "out" / "model.yaml").read_text()
            self.assertRegex(text, r"plan: \{ kind: category, labels: \[basic, plus\]")
            self.assertRegex(text, r"city: \{ kind: category, labels: \[north, south\]")
            self.assertRegex(text, "fields: \\[age, plan_code, city_code\\]")
            self.assertEqual("model's order: age, plan, city" in said, list(given.columns) != list(X.columns))
        with self.assertRaisesRegex(millrace_export.ExportError, "learnt basic, plus of plan"):
            self.export(model.booster_, X.rename(columns={"plan": "city", "city": "plan"}))

    def export(self, model, X, y=None):
        said = []
        path = millrace_export.export(model, X, y, self.folder / "out", force=True, say=said.append)
        return path.read_text(), "\n".join(said)

    def test_an_index_and_the_target_within_X_are_left_out_and_said(self):
        X = self.data[["age", "visits"]].fillna(40)
        table = X.assign(stays=self.data["stays"]).reset_index().rename(columns={"index": "Unnamed: 0"})
        for model in (LogisticRegression().fit(X, table["stays"]), LogisticRegression().fit(X.to_numpy(), table["stays"])):
            text, said = self.export(model, table, table["stays"])
            self.assertIn(r"left out of X: Unnamed: 0 (an index), stays (y itself)", said)
            self.assertNotIn("Unnamed", text)
            self.assertIn("fields: [age, visits]", text)
        learnt = table[["Unnamed: 0", "age", "visits"]]
        _, said = self.export(LogisticRegression(max_iter=1000).fit(learnt, table["stays"]), learnt)
        self.assertRegex(said, 'NOTE: the model was trained with the column "Unnamed: 0", which looks like the index')
        leaking = X.assign(target=table["visits"] * 2.0)
        _, said = self.export(LinearRegression().fit(leaking, leaking["target"]), leaking, leaking["target"])
        self.assertRegex(said, 'NOTE: the model was trained with the column "target", which is y itself')
        with self.assertRaisesRegex(millrace_export.ExportError, "X lacks visits"):
            self.export(LogisticRegression().fit(X, table["stays"]), X[["age"]])

    def test_an_export_that_fails_leaves_what_was_there(self):
        kept = {"model.yaml", "examples.csv", "model.onnx", "reference.csv"}
        text, _ = self.export(pipeline(self.data), self.data[["age", "visits", "plan"]])
        (self.folder / "out" / "notes.txt").write_text("mine")
        dated = self.data.assign(age=pd.Timestamp("2026-01-01"))[["age", "visits", "plan"]]
        with self.assertRaises(Exception):
            self.export(pipeline(self.data), dated)
        self.assertEqual((self.folder / "out" / "model.yaml").read_text(), text)
        self.assertEqual({path.name for path in (self.folder / "out").iterdir()}, {*kept, "notes.txt"})
        # One that does not fail leaves nothing of the model before it.
        X = self.data[["age", "visits"]]
        self.export(xgboost.XGBRegressor(n_estimators=3).fit(X, X["visits"]), X)
        self.assertEqual({path.name for path in (self.folder / "out").iterdir()}, {*WRITTEN, "model.ubj", "notes.txt"})

    def test_a_file_of_pytorch_where_it_is_not_installed(self):
        path = self.folder / "net.pt"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("net/data.pkl", pickle.dumps({}))
        np.save(self.folder / "rows.npy", np.zeros((3, 5)))
        code, said = self.run_words(str(path), "--data", str(self.folder / "rows.npy"), "-o", str(self.folder / "out"))
        self.assertEqual(code, 2)
        self.assertRegex(said, "made with torch, which is not installed here.*\n.*pip install torch|cannot be loaded")
        self.assertFalse((self.folder / "out").exists())

    def test_catboost(self):
        X = self.data[["age", "visits"]]
        model = catboost.CatBoostRegressor(iterations=5, verbose=False, allow_writing_files=False).fit(X, self.data["visits"])
        self.wrote("model.json", *self.run_on(model))

    def test_columns_that_are_not_there(self):
        self.refused("The data lacks plan, which the model was trained with", pipeline(self.data), self.data.drop(columns="plan"))
        self.refused("no such column; it has age, visits", pipeline(self.data), None, "--truth", "left")

    def test_rows_that_the_model_does_not_take(self):
        model = LinearRegression().fit(self.data[["visits"]].to_numpy(), self.data["visits"])
        self.refused("error: ", model, self.data[["plan"]])

    def test_what_is_no_model(self):
        self.refused("is none of the models that are exported here", {"coef": [1, 2]})
        for name, content, expected in [
            ("text.pkl", b"hello", "cannot be loaded"),
            ("gone.pkl", pickle.dumps(0).replace(b"K\x00", b"cno_such_library\nModel\n"), "no_such_library, which is not installed here"),
        ]:
            path = self.folder / name
            path.write_bytes(content)
            code, said = self.run_words(str(path), "--data", "rows.csv")
            self.assertEqual(code, 2)
            self.assertRegex(said, expected)
        self.assertIn("is a folder", self.run_words(str(self.folder), "--data", "rows.csv")[1])

    def test_tables_that_cannot_be_read(self):
        model = self.folder / "model.pkl"
        joblib.dump(pipeline(self.data), model)
        for name, content in [("empty.csv", ""), ("half.parquet", "PAR1"), ("rows.ndjson", '{"age": ')]:
            (self.folder / name).write_text(content)
            code, said = self.run_words(str(model), "--data", str(self.folder / name))
            self.assertEqual(code, 2)
            self.assertRegex(said, f"{name} cannot be read as a table")
        self.assertIn("There is no", self.run_words(str(model), "--data", "no.csv")[1])

    def test_a_model_yaml_is_not_written_over(self):
        self.assertEqual(self.run_on(pipeline(self.data))[0], 0)
        code, said = self.run_on(pipeline(self.data))
        self.assertEqual(code, 2)
        self.assertIn("--force", said)
        self.assertTrue((self.folder / "out" / "model.yaml").exists())


if __name__ == "__main__":
    unittest.main(verbosity=1)

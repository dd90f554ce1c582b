"""Models of scikit-learn."""

import numpy as np
from case import Case, classes, number
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from tables import Task, customers, numbers


def to_onnx(model, X):
    """As the documentation of skl2onnx has it: float32 for numbers, the rest by the table."""

    def write(folder):
        from skl2onnx import to_onnx as convert

        rows = X[:1].astype(np.float32) if isinstance(X, np.ndarray) else X[:1].astype({name: "float32" for name in X.select_dtypes("number")})
        (folder / "model.onnx").write_bytes(convert(model, rows).SerializeToString())
        return "model.onnx"

    return write


def scikit():
    X, y, three = numbers()
    table, churned = customers()
    regression, classification = Task(X, y), Task(X, three)
    mixed = Task(table, np.where(churned, "leaves", "stays"))

    def fitted(name, model, task, answers, own=True):
        model.fit(task.X, task.y)
        return Case(name, model, task, answers(model, task.held), to_onnx(model, task.held) if own else None)

    prepared = make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), ["Monthly Charges", "tenure"]),
        (make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")), ["payment"]),
        (OneHotEncoder(), ["contract"]),
        ("passthrough", ["senior"]),
    )
    yield fitted("sk-linear", LinearRegression(), regression, number)
    yield fitted("sk-columns", make_pipeline(prepared, LogisticRegression()), mixed, classes, own=False)

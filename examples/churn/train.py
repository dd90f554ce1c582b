"""Trains the probability that a telecom customer leaves.

    python examples/churn/train.py --data telco-churn.csv

A scikit-learn pipeline in one graph, one input for each column: categories are one-hot encoded in the graph, and a
blank TotalCharges goes into the trees as a missing value.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import skl2onnx
import sklearn
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "taxi"))

from customers import CATEGORIES, LABELS, NUMBERS, digest, made_up, read, table  # noqa: E402
from source_folder import OPSET, write_source  # noqa: E402

SEED = 2018
INPUTS: dict[str, Any] = {
    "SeniorCitizen": {"kind": "integer", "min": 0, "max": 1},
    "Partner": {},
    "Dependents": {},
    "tenure": {"kind": "integer", "unit": "month", "min": 0, "max": 1000},
    **{name: {} for name in CATEGORIES if name not in ("Partner", "Dependents")},
    "MonthlyCharges": {"kind": "number", "unit": "dollar", "min": 0, "max": 10000},
    "TotalCharges": {"kind": "number", "unit": "dollar", "min": 0, "nullable": True},
}


def fields() -> dict[str, Any]:
    return {name: field or {"kind": "category", "labels": LABELS[name]} for name, field in INPUTS.items()}


def metrics(train: pd.DataFrame, test: pd.DataFrame, leaves: np.ndarray) -> dict[str, Any]:
    """Scores on the held-out customers beside two that need no model, and a line through the tenure alone."""
    truth = (test.Churn == "Yes").to_numpy()
    rate = float((train.Churn == "Yes").mean())
    by_contract = train.groupby("Contract").Churn.agg(lambda churn: (churn == "Yes").mean())
    tenure = LogisticRegression().fit(train[["tenure"]], train.Churn == "Yes").predict_proba(test[["tenure"]])[:, 1]
    found = {
        "auc": roc_auc_score(truth, leaves),
        "auc_contract_rate": roc_auc_score(truth, test.Contract.map(by_contract)),
        "auc_tenure_logistic": roc_auc_score(truth, tenure),
        "log_loss": log_loss(truth, leaves),
        "log_loss_base_rate": log_loss(truth, np.full(len(truth), rate)),
        "brier": brier_score_loss(truth, leaves),
        "base_rate_test": truth.mean(),
    }
    return {
        **{name: round(float(value), 4) for name, value in found.items()},
        "rows_train": len(train),
        "rows_test": len(test),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the customers, as CSV")
    path = parser.parse_args().data
    customers = read(path)
    train, test = train_test_split(customers, test_size=0.25, random_state=SEED, stratify=customers.Churn)

    encode = OneHotEncoder(categories=[LABELS[name] for name in CATEGORIES], sparse_output=False, dtype=np.float32)
    columns = [*CATEGORIES, *NUMBERS]
    model = make_pipeline(
        ColumnTransformer([("categories", encode, CATEGORIES), ("numbers", "passthrough", NUMBERS)]),
        HistGradientBoostingClassifier(
            learning_rate=0.05, max_iter=100, max_leaf_nodes=6, l2_regularization=1.0, random_state=SEED
        ),
    )
    model.fit(train[columns], train.Churn)
    graph = convert_sklearn(
        model,
        name="churn",
        initial_types=[
            *((name, StringTensorType([None, 1])) for name in CATEGORIES),
            *(
                (name, (Int64TensorType if INPUTS[name]["kind"] == "integer" else FloatTensorType)([None, 1]))
                for name in NUMBERS
            ),
        ],
        target_opset=OPSET,
    )

    def answer(rows: list[dict[str, Any]]) -> np.ndarray:
        return model.predict_proba(table(rows)[columns])[:, 1]

    first = sum(len(LABELS[name]) for name in CATEGORIES)
    nodes = np.concatenate([predictor.nodes for (predictor,) in model[-1]._predictors])
    at = {
        name: np.unique(nodes["num_threshold"][(nodes["feature_idx"] == first + i) & (nodes["is_leaf"] == 0)])
        for i, name in enumerate(NUMBERS)
    }
    rows = made_up(at["MonthlyCharges"], at["TotalCharges"], answer)
    found = metrics(train, test, model.predict_proba(test[columns])[:, 1])
    manifest = {
        "name": "churn",
        "version": "1.0.0",
        "description": "The probability that a telecom customer leaves within the month",
        "license": "Apache-2.0",
        "model": "model.onnx",
        "intendedUse": "Choosing whom to call with an offer; a person decides",
        "limitations": (
            "Learnt from one sample of one fictional company, split at random and not by time, so later "
            "customers may score lower. Gender was left out on purpose. The probability is of this sample's month only."
        ),
        "metadata": {"threshold": 0.5, "positive": "Yes"},
        "tolerance": {"atol": 1e-6, "rtol": 2e-6},
        "provenance": {
            "trainer": f"scikit-learn {sklearn.__version__}, skl2onnx {skl2onnx.__version__}",
            "data": digest(path),
            "metrics": found,
        },
        "inputs": fields(),
        "outputs": {
            "churn": {"kind": "number", "min": 0, "max": 1, "from": "output_probability", "at": 1},
            "label": {"kind": "category", "labels": ["No", "Yes"], "from": "output_label"},
        },
    }
    labels = model.predict(table(rows)[columns])
    examples = [
        {"input": row, "output": {"churn": churn, "label": label}}
        for row, churn, label in zip(rows, answer(rows), labels)
    ]
    write_source(HERE / "models" / "churn", graph, manifest, examples)
    print("churn", found)


if __name__ == "__main__":
    main()

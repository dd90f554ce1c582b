"""Trains three models of a taxi ride, each known at pickup: how long, what fare, what tip.

    python examples/taxi/train.py --data nyc-taxis.csv

Three libraries on purpose: LightGBM on one feature tensor with tables in the package, a scikit-learn pipeline with
one graph input for each column, and XGBoost that takes missing values as they come.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import onnx
import onnxmltools
import pandas as pd
import skl2onnx
import sklearn
import xgboost as xgb
from onnxmltools import convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType as XgbFloat
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from lightgbm_onnx import lightgbm_to_onnx
from rides import ARROW, BOROUGHS, PLACES, around, digest, made_up, plausible, read, split, table
from source_folder import OPSET, write_source

MODELS = Path(__file__).resolve().parent / "models"
SEED = 2019
Row = dict[str, Any]

FIELDS: Row = {
    **{place: {"kind": "category", "labels": [], "unknown": "allow", "nullable": True} for place in PLACES},
    "pickup": {"kind": "datetime", "zone": "America/New_York"},
    "distance": {"kind": "number", "unit": "mile", "min": 0, "max": 200},
    "passengers": {"kind": "integer", "min": 0, "max": 9},
    "payment": {"kind": "category", "labels": ["cash", "credit card"], "nullable": True},
}
LIMITS = (
    "Learnt from 4,409 rides of three weeks of March 2019 in New York; prices, traffic and habits have changed since. "
    "The distance is the one that was driven: a planned distance is a little shorter."
)
CLOCK: list[Row] = [{"hour": {"of": "pickup", "as": "hour"}}, {"weekday": {"of": "pickup", "as": "weekday"}}]


def fields(train: pd.DataFrame, *names: str) -> Row:
    """The named input fields, in the order of FIELDS; places carry the labels that training saw."""
    seen = {place: {**FIELDS[place], "labels": sorted(train[place].dropna().unique())} for place in PLACES}
    return {name: {**FIELDS, **seen}[name] for name in FIELDS if name in names}


def scores(train: pd.DataFrame, test: pd.DataFrame, predicted: np.ndarray, outcome: str, dropped: int) -> Row:
    """Mean absolute errors on the test rides: the model, the training mean, and a straight line in the distance."""
    truth = test[outcome].to_numpy()
    line = np.polyfit(train.distance.astype(float), train[outcome], 1)
    mae = lambda answer: round(float(np.mean(np.abs(answer - truth))), 3)  # noqa: E731
    return {
        "mae": mae(predicted),
        "mae_naive_mean": mae(train[outcome].mean()),
        "mae_distance_line": mae(np.polyval(line, test.distance.astype(float))),
        "rows_train": len(train),
        "rows_train_dropped": dropped,
        "rows_test": len(test),
    }


def examples(rides: list[Row], inputs: Row, output: str, predicted: Iterable[float]) -> list[Row]:
    return [
        {"input": {k: v for k, v in ride.items() if k in inputs}, "output": {output: answer}}
        for ride, answer in zip(rides, predicted)
    ]


# How long: LightGBM. Each zone and each pair of boroughs is replaced by its pace, from a table in the package.


def pace(train: pd.DataFrame, column: str, weight: int = 20) -> tuple[dict[str, float], float]:
    """Minutes a mile of each value of `column`, drawn towards the mean pace as if `weight` mean rides were added."""
    mean = train.minutes.sum() / train.distance.sum()
    groups = train.groupby(column).agg(minutes=("minutes", "sum"), miles=("distance", "sum"))
    typical = float(train.distance.mean())
    values = (groups.minutes + weight * mean * typical) / (groups.miles + weight * typical)
    return {str(key): round(float(value), 3) for key, value in values.items()}, round(float(mean), 3)


def paces(train: pd.DataFrame, rides: pd.DataFrame, column: str) -> np.ndarray:
    known, otherwise = pace(train, column)
    return rides[column].map(known).fillna(otherwise).to_numpy()


def ride_duration(train: pd.DataFrame, test: pd.DataFrame, common: Row, dropped: int) -> None:
    coded = {"pickup_zone": "pickup_pace", "dropoff_zone": "dropoff_pace", "route": "route_pace"}
    features = ["distance", "hour", "weekday", "passengers", *coded.values()]

    # A ride must not see its own minutes: each training row takes its paces from the other four fifths.
    fold = np.random.default_rng(SEED).integers(5, size=len(train))
    for column, name in coded.items():
        train[name] = 0.0
        for k in range(5):
            train.loc[fold == k, name] = paces(train[fold != k], train[fold == k], column)

    def matrix(rides: pd.DataFrame) -> np.ndarray:
        filled = rides.assign(**{name: paces(train, rides, column) for column, name in coded.items()})
        return filled[features].to_numpy(np.float32)

    model = lgb.LGBMRegressor(
        objective="regression_l1", n_estimators=200, num_leaves=15, learning_rate=0.05, min_child_samples=20,
        subsample=0.8, subsample_freq=1, colsample_bytree=0.8, random_state=SEED, n_jobs=1,
        deterministic=True, force_row_wise=True, verbose=-1,
    )  # fmt: skip
    model.fit(train[features].to_numpy(np.float32), train.minutes)

    def answer(rides: list[Row]) -> np.ndarray:
        return model.predict(matrix(table(rides)))

    splits = model.booster_.trees_to_dataframe()
    rides = made_up(around(splits.threshold[splits.split_feature == "Column_0"].to_numpy(float), answer))
    steps = [*CLOCK, {"join": {"fields": ["pickup_borough", "dropoff_borough"], "with": ARROW, "as": "route"}}]
    for column, name in coded.items():
        known, otherwise = pace(train, column)
        steps.append({"lookup": {"of": column, "table": known, "default": otherwise, "as": name}})
    steps.append({"concat": {"fields": features, "as": "input", "dtype": "float32"}})
    inputs = fields(train, *PLACES, "pickup", "distance", "passengers")
    manifest = {
        **common,
        "name": "ride-duration",
        "description": "Minutes a taxi ride will take, known at pickup",
        "intendedUse": "Telling a passenger at pickup about how long the ride will take",
        "limitations": LIMITS + " It aims at the median, so half of all rides take longer.",
        "tolerance": {"atol": 2e-5, "rtol": 2e-6},
        "inputs": inputs,
        "outputs": {"minutes": {"kind": "number", "unit": "minute", "from": "variable", "at": 0}},
        "prepare": steps,
    }
    manifest["provenance"] = {
        "trainer": f"LightGBM {lgb.__version__}, onnxmltools {onnxmltools.__version__}",
        "data": common["provenance"]["data"],
        "metrics": scores(train, test, model.predict(matrix(test)), "minutes", dropped),
    }
    graph = lightgbm_to_onnx(model, len(features), "ride-duration")
    write_source(MODELS / "ride-duration", graph, manifest, examples(rides, inputs, "minutes", answer(rides)))
    print("ride-duration", manifest["provenance"]["metrics"])


# What fare: a scikit-learn pipeline, encoders and all, with one graph input for each column.


def ride_fare(train: pd.DataFrame, test: pd.DataFrame, common: Row, dropped: int) -> None:
    columns = [*PLACES, "distance", "hour", "weekday"]
    seen = [sorted(train[place].dropna().value_counts().loc[lambda n: n >= 8].index) for place in PLACES]
    encode = OneHotEncoder(categories=seen, handle_unknown="ignore", dtype=np.float32)
    model = make_pipeline(
        ColumnTransformer([("places", encode, PLACES), ("numbers", "passthrough", ["distance", "hour", "weekday"])]),
        GradientBoostingRegressor(
            loss="huber", max_depth=4, n_estimators=200, learning_rate=0.07, subsample=0.7, min_samples_leaf=5,
            random_state=SEED,
        ),
    )  # fmt: skip

    def frame(rides: pd.DataFrame) -> pd.DataFrame:
        return rides[columns].fillna(dict.fromkeys(PLACES, ""))

    model.fit(frame(train), train.fare)

    def answer(rides: list[Row]) -> np.ndarray:
        return model.predict(frame(table(rides)))

    distance = sum(map(len, seen))
    trees = [tree.tree_ for tree in model[-1].estimators_[:, 0]]
    thresholds = np.concatenate([tree.threshold[tree.feature == distance] for tree in trees])
    rides = made_up(around(thresholds, answer))
    graph = convert_sklearn(
        model,
        name="ride-fare",
        initial_types=[
            *((place, StringTensorType([None, 1])) for place in PLACES),
            ("distance", FloatTensorType([None, 1])),
            ("hour", Int64TensorType([None, 1])),
            ("weekday", Int64TensorType([None, 1])),
        ],
        target_opset=OPSET,
    )
    inputs = fields(train, *PLACES, "pickup", "distance")
    manifest = {
        **common,
        "name": "ride-fare",
        "description": "Dollars a taxi ride will cost on the meter, without tip and tolls, known at pickup",
        "intendedUse": "Telling a passenger at pickup about what the ride will cost",
        "limitations": LIMITS + " Flat rates (airports) are learnt, not looked up.",
        "tolerance": {"atol": 2e-5, "rtol": 2e-6},
        "inputs": inputs,
        "outputs": {"dollars": {"kind": "number", "unit": "dollar", "from": "variable", "at": 0}},
        "prepare": [*CLOCK, *({"impute": {"of": place, "with": ""}} for place in PLACES)],
    }
    manifest["provenance"] = {
        "trainer": f"scikit-learn {sklearn.__version__}, skl2onnx {skl2onnx.__version__}",
        "data": common["provenance"]["data"],
        "metrics": scores(train, test, model.predict(frame(test)), "fare", dropped),
    }
    write_source(MODELS / "ride-fare", graph, manifest, examples(rides, inputs, "dollars", answer(rides)))
    print("ride-fare", manifest["provenance"]["metrics"])


# What tip: XGBoost, with missing payments and boroughs left missing.


def not_negative(graph: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph with its one output `variable` raised to 0 where trees sum to a little below."""
    graph.graph.node[-1].output[0] = "sum_of_trees"
    graph.graph.node.append(onnx.helper.make_node("Relu", ["sum_of_trees"], ["variable"]))
    if not any(opset.domain == "" for opset in graph.opset_import):
        graph.opset_import.append(onnx.helper.make_opsetid("", OPSET[""]))
    return graph


def ride_tip(train: pd.DataFrame, test: pd.DataFrame, common: Row, dropped: int) -> None:
    airports = {"JFK Airport": 1, "LaGuardia Airport": 1, "Newark Airport": 1}
    boroughs = {borough: code for code, borough in enumerate(BOROUGHS)}
    payments = {"cash": 0, "credit card": 1}
    lookups: dict[str, tuple[str, dict[str, int], int | None]] = {
        "pays": ("payment", payments, None),
        "from_borough": ("pickup_borough", boroughs, None),
        "to_borough": ("dropoff_borough", boroughs, None),
        "from_airport": ("pickup_zone", airports, 0),
        "to_airport": ("dropoff_zone", airports, 0),
    }
    features = ["distance", "hour", "weekday", "passengers", *lookups]

    def matrix(rides: pd.DataFrame) -> np.ndarray:
        columns = {name: rides[of].map(codes) for name, (of, codes, _) in lookups.items()}
        for name, (_, _, otherwise) in lookups.items():
            if otherwise is not None:
                columns[name] = columns[name].fillna(otherwise)
        return rides.assign(**columns)[features].to_numpy(np.float32)

    model = xgb.XGBRegressor(
        objective="reg:absoluteerror", max_depth=4, n_estimators=150, learning_rate=0.05, subsample=0.8,
        min_child_weight=5, tree_method="hist", n_jobs=1, random_state=SEED,
    )  # fmt: skip
    model.fit(matrix(train), train.tip)

    def answer(rides: list[Row]) -> np.ndarray:
        return np.maximum(model.predict(matrix(table(rides))), 0)

    splits = model.get_booster().trees_to_dataframe()
    rides = made_up(around(splits.Split[splits.Feature == "f0"].to_numpy(float), answer))
    types = [("input", XgbFloat([None, len(features)]))]
    graph = not_negative(convert_xgboost(model, name="ride-tip", initial_types=types, target_opset=OPSET[""]))
    inputs = fields(train, *PLACES, "pickup", "distance", "passengers", "payment")
    manifest = {
        **common,
        "name": "ride-tip",
        "description": "Dollars of tip that will be recorded for a taxi ride, known at pickup",
        "intendedUse": "Forecasting recorded tips over many rides; not for judging one passenger or driver",
        "limitations": LIMITS
        + " Cash tips are recorded as 0, so for a cash ride it says what is recorded, not what is given."
        + " It aims at the median tip.",
        "tolerance": {"atol": 2e-6, "rtol": 2e-6},
        "inputs": inputs,
        "outputs": {"dollars": {"kind": "number", "unit": "dollar", "min": 0, "from": "variable", "at": 0}},
        "prepare": [
            *CLOCK,
            *(
                {"lookup": {"of": of, "table": codes, "default": otherwise, "as": name}}
                for name, (of, codes, otherwise) in lookups.items()
            ),
            {"concat": {"fields": features, "as": "input", "dtype": "float32"}},
        ],
    }
    metrics = scores(train, test, np.maximum(model.predict(matrix(test)), 0), "tip", dropped)
    by_payment = train.groupby("payment").tip.mean()
    guess = test.payment.map(by_payment).fillna(train.tip.mean())
    metrics["mae_payment_mean"] = round(float(np.mean(np.abs(guess - test.tip))), 3)
    manifest["provenance"] = {
        "trainer": f"XGBoost {xgb.__version__}, onnxmltools {onnxmltools.__version__}",
        "data": common["provenance"]["data"],
        "metrics": metrics,
    }
    write_source(MODELS / "ride-tip", graph, manifest, examples(rides, inputs, "dollars", answer(rides)))
    print("ride-tip", metrics)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the trip records, as CSV")
    path = parser.parse_args().data
    recorded, test = split(read(path))
    train = plausible(recorded)
    dropped = len(recorded) - len(train)
    common: Row = {
        "name": "", "version": "1.0.0", "description": "", "license": "Apache-2.0", "model": "model.onnx",
        "intendedUse": "", "limitations": "",
        "metadata": {"city": "New York", "trained_on": "rides of 1 to 21 March 2019"},
        "tolerance": {}, "provenance": {"data": digest(path)},
    }  # fmt: skip
    for model in (ride_duration, ride_fare, ride_tip):
        model(train.copy(), test, common, dropped)


if __name__ == "__main__":
    main()

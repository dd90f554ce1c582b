#!/usr/bin/env python3
"""From a trained model in Python to a folder that `millrace pack` makes a package of.

    from millrace_export import export
    export(model, X_test, y_test, folder="churn")

writes the model file, model.yaml, examples.csv (golden examples: what the library itself answers) and reference.csv.
It reads scikit-learn, XGBoost, LightGBM, CatBoost and PyTorch, and needs nothing but the library that trained the model
(and skl2onnx for scikit-learn). One file, to be copied anywhere; Python 3.8 or later. Apache-2.0, a part of Millrace.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import json
import math
import os
import re
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

#: Unless model.yaml says otherwise, `millrace pack` lets answers differ by so much: float32 against float64.
ATOL, RTOL = 1e-6, 1e-5
#: Past this, in parts of an output's spread, a converted model does not round: it answers something else.
MOVED = 1e-4
#: Of all rows, how many may get another answer before the conversion is refused.
MAX_MOVED = 0.05
MAX_LABELS = 200
MAX_COLUMNS = 32
MAX_EXAMPLES = 10_000
MAX_REFERENCE_ROWS = 100_000
#: Stands for a missing text on its way through a graph, whose texts cannot be missing.
MISSING_TEXT = "<missing>"

Settings = Dict[str, Any]


class ExportError(Exception):
    """What kept the model from being exported: what was expected, what came, and what to do."""


# ---------------------------------------------------------------------------------------------------------------- tables


def is_frame(value: Any) -> bool:
    return hasattr(value, "iloc") and hasattr(value, "columns")


def is_missing(value: Any) -> bool:
    """None, NaN, NaT and pandas' NA."""
    if value is None:
        return True
    try:
        return bool(value != value)
    except (TypeError, ValueError):
        return type(value).__name__ == "NAType"


def plain(value: Any) -> Any:
    """A value as JSON has it, with all its digits: None where it is missing."""
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(one) for one in value]
    if is_missing(value):
        return None
    if isinstance(value, np.generic):
        value = value.item()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value if isinstance(value, (bool, int, float)) else str(value)


class Table:
    """Rows as the model takes them, and their columns by name."""

    def __init__(self, X: Any) -> None:
        if hasattr(X, "toarray"):
            X = X.toarray()
        self.is_text = False
        if is_frame(X):
            self.names = [str(name) for name in X.columns]
        elif hasattr(X, "iloc") or np.asarray(X, dtype=object).ndim == 1:
            values = list(X)
            if not all(isinstance(value, str) for value in values):
                raise ExportError("X has one dimension and is no list of texts. Give it as a table: X.reshape(-1, 1) for one feature.")
            self.is_text, self.names = True, [str(getattr(X, "name", None) or "text")]
        else:
            X = np.asarray(X)
            if X.ndim != 2:
                raise ExportError(f"X has {X.ndim} dimensions; a table has two: rows and columns.")
            self.names = [f"f{index}" for index in range(X.shape[1])]
        if len(set(self.names)) < len(self.names):
            twice = sorted({name for name in self.names if self.names.count(name) > 1})
            raise ExportError(f"X has columns of one name: {', '.join(twice[:5])}. Rename them.")
        self.X = X
        self.rows = len(X)
        if self.rows == 0:
            raise ExportError("X has no rows. Golden examples are made of them: give some, best held out from training.")

    def column(self, index: int) -> Any:
        if self.is_text:
            return self.X
        return self.X.iloc[:, index] if is_frame(self.X) else self.X[:, index]

    def values(self, index: int) -> List[Any]:
        return [plain(value) for value in self.column(index)]

    def take(self, rows: Sequence[int]) -> Any:
        """These rows, as the model takes them."""
        if hasattr(self.X, "iloc"):
            return self.X.iloc[list(rows)]
        return [self.X[row] for row in rows] if isinstance(self.X, (list, tuple)) else self.X[list(rows)]

    def with_value(self, row: int, index: int, value: Any) -> Any:
        """One row with another value in a column; raises what pandas or numpy raise where the column cannot hold it."""
        one = copy.deepcopy(self.take([row]))
        if self.is_text:
            return [value]
        if not is_frame(one):
            one[0, index] = value
            return one
        column = one.iloc[:, index]
        if value is not None and value != value and column.dtype.kind in "iub":
            column = column.astype(float)
        if str(column.dtype) == "category":
            given = column.cat.categories if is_missing(value) else column.cat.categories.union([value])
            changed = column.cat.set_categories(given).copy()
        else:
            changed = column.copy()
        changed.iloc[0] = value
        one[one.columns[index]] = changed
        return one


def names_of(model: Any) -> Optional[List[str]]:
    """The columns that a model was trained with, where it remembers them."""
    for owner, key in ((model, "feature_names_in_"), (model, "feature_names_"), (getattr(model, "booster_", model), "feature_name"),
                       (model, "feature_names")):
        found = getattr(owner, key, None)
        found = found() if callable(found) else found
        if found is not None and len(found) > 0:
            return [str(one) for one in found]
    return None


def known_columns(model: Any, given: Sequence[str]) -> Optional[List[str]]:
    """The model's columns as a table calls them, some of which it may lack; None where the model counts its columns alone."""
    names = names_of(model)
    if names is None or not set(names) <= set(given) and all(re.fullmatch(r"(Column_|f|x)?\d+", one) for one in names):
        return None
    by_mangled = {re.sub(r"[^A-Za-z0-9_]", "_", one): one for one in given}
    return [one if one in given else by_mangled.get(one, one) for one in names]


def is_index(name: str, values: Any) -> bool:
    """Whether a column is the index that pandas' to_csv writes: without a name, or counting rows under one that says so."""
    if not re.fullmatch(r"Unnamed: \d+|index|level_0|", name):
        return False
    try:
        steps = np.diff(np.asarray(values, dtype=float))
    except (TypeError, ValueError):
        return False
    return name != "index" or bool((steps == 1).all())


def is_truth(name: str, values: Any, y: Any) -> bool:
    """Whether a column is y itself: of its name, or of its values, which are not all the same."""
    if y is None or np.ndim(y) != 1 or len(y) != len(values):
        return False
    if str(getattr(y, "name", None) or "") == name:
        return True
    truth, column = plain(np.asarray(y)), plain(np.asarray(values))
    return truth == column and len({str(one) for one in truth}) > 1


def columns_for(model: Any, X: Any, y: Any, say: Callable[[str], None]) -> Any:
    """The columns of a frame that the model takes, in its order. What is left out is said, and so is an index or a target that it learnt from."""
    if not is_frame(X):
        return X
    given = [str(name) for name in X.columns]
    if len(set(given)) < len(given):
        return X
    stray = {name for at, name in enumerate(given) if is_index(name, X.iloc[:, at])}
    target = {name for at, name in enumerate(given) if is_truth(name, X.iloc[:, at], y)} - stray
    names = known_columns(model, given)
    if names is not None:
        missing = [one for one in names if one not in given]
        if missing:
            raise ExportError(f"X lacks {', '.join(missing[:8])}, which the model was trained with; it has {', '.join(given[:20])}.")
        wanted = names
    else:
        count = getattr(model, "n_features_in_", None)
        wanted = [one for one in given if one not in stray and one not in target]
        if isinstance(count, (int, np.integer)) and len(given) == count:
            wanted = given
    for learnt, what in ((stray, "looks like the index of a table, which says nothing of another row"), (target, "is y itself, which nobody knows beforehand")):
        for name in sorted(learnt & set(wanted)):
            say(f"NOTE: the model was trained with the column {json.dumps(name)}, which {what}. Train it anew without.")
    left = [one for one in given if one not in wanted]
    if left:
        why = {**{one: " (an index)" for one in stray}, **{one: " (y itself)" for one in target}}
        say(f"left out of X: {', '.join(one + why.get(one, '') for one in left[:20])}: the model does not take {'it' if len(left) == 1 else 'them'}.")
    if wanted == given:
        return X
    if not left:
        say(f"the columns of X are taken in the model's order: {', '.join(wanted[:20])}.")
    return X.iloc[:, [given.index(one) for one in wanted]]


def kind_of(column: Any, values: Sequence[Any]) -> str:
    """A field's kind, by what a column holds."""
    dtype = str(getattr(column, "dtype", ""))
    if dtype.startswith("datetime"):
        return "datetime"
    known = [value for value in values if value is not None]
    if known and all(isinstance(value, bool) for value in known):
        return "boolean"
    if known and all(isinstance(value, int) and not isinstance(value, bool) for value in known):
        return "integer"
    if not known or all(isinstance(value, (int, float)) for value in known):
        return "number"
    return "category"


# ------------------------------------------------------------------------------------------------------------- model.yaml


def yaml(value: Any) -> str:
    """A value as it stands in model.yaml; JSON is YAML, plain words are left without quotes."""
    if isinstance(value, str):
        reserved = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
        is_word = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_./-]*(?: [A-Za-z0-9_./-]+)*", value) and value.lower() not in reserved
        return value if is_word else json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{yaml(key)}: {yaml(one)}" for key, one in value.items()) + " }" if value else "{}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(yaml(one) for one in value) + "]"
    return json.dumps(value)


class Answer(NamedTuple):
    """One output field: what it is, and what the library answers for each row of X."""

    name: str
    settings: Settings
    values: Sequence[Any]


class Draft(NamedTuple):
    """All that stands in a package's folder."""

    model: str
    trainer: str
    inputs: Dict[str, Settings]
    prepare: List[Settings]
    outputs: Dict[str, Settings]
    tolerance: Optional[Settings]


def manifest(draft: Draft, name: str, version: str, description: Optional[str], truth: Any) -> str:
    def block(title: str, lines: Sequence[str]) -> str:
        return f"{title}:\n" + "\n".join(lines) + "\n" if lines else ""

    def fields(some: Dict[str, Settings]) -> List[str]:
        return [f"  {yaml(field)}: {yaml(settings)}" for field, settings in some.items()]

    tolerance = ""
    if draft.tolerance:
        tolerance = f"# How far the converted model is from the library on X, twice over.\ntolerance: {yaml(draft.tolerance)}\n"
    return (
        "# Written by millrace_export.py. Pack it with: millrace pack <this folder>\n"
        "# Every key is described in Millrace's docs/PACKAGE.md: give fields units and limits, min, max.\n"
        f"name: {yaml(name)}\nversion: {version}\n"
        + (f"description: {yaml(description)}\n" if description else "# description: What the model answers, in a line\n")
        + f"model: {yaml(draft.model)}\n"
        + block("inputs", fields(draft.inputs))
        + block("outputs", fields(draft.outputs))
        + block("prepare", [f"  - {next(iter(step))}: {yaml(next(iter(step.values())))}" for step in draft.prepare])
        + "examples: examples.csv           # golden: what the library itself answers\n"
        + f"reference: {yaml({'file': 'reference.csv', 'truth': truth}) if truth else 'reference.csv'}\n"
        + tolerance
        + f"provenance: {{ trainer: {yaml(draft.trainer)} }}\n"
    )


def free(wanted: str, taken: Sequence[str]) -> str:
    name, count = wanted, 1
    while name in taken:
        name, count = f"{wanted}_{count}", count + 1
    return name


# ----------------------------------------------------------------------------------------------- answers of scikit-learn


class Block(NamedTuple):
    """Answers that come out of one output of a graph: one column, or several."""

    names: Sequence[str]
    settings: Settings
    values: np.ndarray
    #: One that must be there; others are left out where a converter gives something else.
    is_needed: bool


def label_settings(classes: Sequence[Any]) -> Settings:
    if all(isinstance(one, bool) for one in classes):
        return {"kind": "boolean"}
    if all(isinstance(one, int) for one in classes):
        return {"kind": "integer"}
    if all(isinstance(one, (int, float)) for one in classes):
        return {"kind": "number"}
    return {"kind": "category", "labels": [str(one) for one in classes]}


def class_blocks(prefix: str, labels: np.ndarray, classes: Any, scores: Optional[np.ndarray], what: str) -> List[Block]:
    known = plain(classes)
    blocks = [Block([f"{prefix}label"], label_settings(known), np.asarray(labels), True)]
    if scores is None:
        return blocks
    if what == "probability":
        settings: Settings = {"kind": "number", "min": 0, "max": 1}
    else:
        settings = {"kind": "number"}
    scores = np.asarray(scores)
    names = [f"{prefix}{what}"] if scores.ndim == 1 else [f"{prefix}{what}_{name_of(one)}" for one in known]
    return [*blocks, Block(names, settings, scores, False)]


def name_of(label: Any) -> str:
    return str(label).lower() if isinstance(label, bool) else str(label)


def scores_of(model: Any, X: Any) -> Tuple[Any, str]:
    for method, what in (("predict_proba", "probability"), ("decision_function", "score")):
        try:
            return getattr(model, method)(X), what
        except AttributeError:
            continue
    return None, ""


def sklearn_blocks(model: Any, X: Any, targets: Sequence[str]) -> List[Block]:
    """What an estimator answers, in the order in which skl2onnx has its outputs."""
    from sklearn.base import is_classifier

    number: Settings = {"kind": "number"}
    if not hasattr(model, "predict"):
        values = np.asarray(dense(model.transform(X)), dtype=float)
        return [Block([f"component_{index}" for index in range(values.shape[1])], number, values, True)]
    answer = np.asarray(model.predict(X))
    if is_classifier(model):
        scores, what = scores_of(model, X)
        if answer.ndim == 1:
            return class_blocks("", answer, model.classes_, scores, what)
        names = [f"{target}_" for target in targets_of(answer, targets)]
        classes = model.classes_
        parts = [class_blocks(name, answer[:, at], classes[at], scores[at], what) for at, name in enumerate(names)]
        labels = Block([part[0].names[0] for part in parts], parts[0][0].settings, answer, True)
        if len({len(one) for one in classes}) > 1:
            return [labels]
        probabilities = np.stack([part[1].values for part in parts], axis=1)
        flat = [name for part in parts for name in part[1].names]
        return [labels, Block(flat, parts[0][1].settings, probabilities, False)]
    if getattr(model, "_estimator_type", None) == "outlier_detector" or hasattr(model, "score_samples"):
        label = Block(["label"], {"kind": "integer"}, answer, True)
        return [label, Block(["score"], number, np.asarray(model.decision_function(X)), False)]
    if getattr(model, "_estimator_type", None) == "clusterer" or answer.dtype.kind in "iu" and hasattr(model, "transform"):
        blocks = [Block(["cluster"], {"kind": "integer"}, answer, True)]
        if hasattr(model, "transform"):
            distances = np.asarray(model.transform(X))
            blocks.append(Block([f"distance_{index}" for index in range(distances.shape[1])], number, distances, False))
        return blocks
    if answer.ndim == 1 or answer.shape[1] == 1:
        return [Block(["prediction"], number, answer.reshape(len(answer)), True)]
    return [Block([f"prediction_{target}" for target in targets_of(answer, targets)], number, answer, True)]


def dense(values: Any) -> Any:
    return values.toarray() if hasattr(values, "toarray") else values


def targets_of(answer: np.ndarray, targets: Sequence[str]) -> Sequence[str]:
    return targets if len(targets) == answer.shape[1] else [str(index) for index in range(answer.shape[1])]


# ------------------------------------------------------------------------------------------- scikit-learn through ONNX


def parts_of(model: Any, depth: int = 0) -> Iterator[Any]:
    """An estimator and those within it, but for the trees of a forest."""
    yield model
    if depth > 12:
        return
    for key in ("steps", "transformers_", "transformer_list", "estimators_", "estimator_", "estimator", "final_estimator_",
                "best_estimator_", "calibrated_classifiers_", "regressor_", "transformer_"):
        below = getattr(model, key, None)
        if below is None or isinstance(below, np.ndarray):
            continue
        for one in below if isinstance(below, (list, tuple)) else [below]:
            for part in one if isinstance(one, (list, tuple)) else [one]:
                if hasattr(part, "get_params") and not hasattr(part, "tree_"):
                    yield from parts_of(part, depth + 1)


def columns_asked(model: Any, names: Sequence[str]) -> Optional[Dict[str, List[Any]]]:
    """Of a ColumnTransformer at the beginning: by column, the transformers that take it; None without one."""
    for part in parts_of(model):
        if not hasattr(part, "transformers_"):
            continue
        asked: Dict[str, List[Any]] = {}
        for _, transformer, columns in part.transformers_:
            if isinstance(transformer, str) and transformer == "drop":
                continue
            for column in indices_of(columns, names):
                asked.setdefault(names[column], []).append(transformer)
        return asked
    return None


def indices_of(columns: Any, names: Sequence[str]) -> List[int]:
    if isinstance(columns, slice):
        bounds = [names.index(end) if isinstance(end, str) else end for end in (columns.start, columns.stop)]
        stop = bounds[1] + 1 if isinstance(columns.stop, str) else bounds[1]
        return list(range(*slice(bounds[0], stop, columns.step).indices(len(names))))
    given = [columns] if isinstance(columns, (str, int, np.integer)) else list(columns)
    if given and all(isinstance(one, (bool, np.bool_)) for one in given):
        return [index for index, one in enumerate(given) if one]
    return [names.index(str(one)) if isinstance(one, str) else int(one) for one in given]


ENCODERS = ("OneHotEncoder", "OrdinalEncoder", "TargetEncoder")
VECTORIZERS = ("TfidfVectorizer", "CountVectorizer", "HashingVectorizer")


def has_part(transformers: Sequence[Any], names: Sequence[str]) -> bool:
    return any(type(part).__name__ in names for one in transformers for part in parts_of(one))


def for_texts(list_: Sequence[Any]) -> bool:
    return any(isinstance(one, str) for one in list_)


def known_to_converter(model: Any) -> Any:
    """The model, or a copy of it, as skl2onnx can have it: a missing text is a word of its own, as texts of a graph are all there."""

    def change(part: Any) -> Optional[Callable[[Any], None]]:
        kind = type(part).__name__
        if kind == "SimpleImputer" and getattr(part, "statistics_", np.zeros(0)).dtype == object and is_missing(part.missing_values):
            return lambda one: setattr(one, "missing_values", MISSING_TEXT)
        if kind in ENCODERS and any(for_texts(plain(one)) and any(map(is_missing, one)) or one.dtype == bool for one in part.categories_):
            return lambda one: setattr(one, "categories_", [encodable(list_) for list_ in one.categories_])
        if kind.startswith("Voting") and getattr(part, "flatten_transform", False):
            return lambda one: setattr(one, "flatten_transform", False)
        return None

    if not any(change(part) for part in parts_of(model)):
        return model
    changed = copy.deepcopy(model)
    for part in parts_of(changed):
        action = change(part)
        if action:
            action(part)
    return changed


def encodable(categories: np.ndarray) -> np.ndarray:
    if categories.dtype == bool:
        return categories.astype(np.int64)
    if not for_texts(plain(categories)):
        return categories
    return np.array([MISSING_TEXT if is_missing(one) else one for one in categories], dtype=object)


@contextlib.contextmanager
def ints_for_booleans() -> Iterator[None]:
    """skl2onnx gives some attributes booleans for integers, which onnx takes no longer (from 1.20 on)."""
    import onnx.helper

    make = onnx.helper.make_attribute

    def make_attribute(key: str, value: Any, *args: Any, **more: Any) -> Any:
        if isinstance(value, (list, np.ndarray)) and any(isinstance(one, (bool, np.bool_)) for one in value):
            value = [int(one) for one in value]
        return make(key, value, *args, **more)

    onnx.helper.make_attribute = make_attribute
    try:
        yield
    finally:
        onnx.helper.make_attribute = make


class Feed(NamedTuple):
    """A graph input, and the columns of X that it takes."""

    name: str
    dtype: str
    columns: List[int]


def feeds_of(model: Any, table: Table, number: str) -> List[Feed]:
    """What goes into the graph: one table of all features, or an input a column where they are of several kinds."""
    values = {index: table.values(index) for index in range(len(table.names))}
    kinds = {index: kind_of(table.column(index), column) for index, column in values.items()}
    asked = columns_asked(model, table.names)
    if table.is_text:
        return [Feed("text", "string", [0])]
    if asked is None and all(kind in ("number", "integer", "boolean") for kind in kinds.values()):
        return [Feed(free("features", table.names), number, list(kinds))]
    feeds = []
    for index, kind in kinds.items():
        name = table.names[index]
        transformers = [] if asked is None else asked.get(name, [])
        if asked is not None and not transformers:
            continue
        if kind == "datetime":
            raise ExportError(
                f"The model takes the datetime column {name}, which no graph does. Make numbers of it before the model (hour, weekday), "
                "train on those, and let the package make them: steps such as hour, weekday and difference in docs/STEPS.md."
            )
        coded = kind in ("integer", "boolean") and has_part(transformers, ENCODERS)
        feeds.append(Feed(name, "string" if kind == "category" else "int64" if coded else number, [index]))
    return feeds


def convert(model: Any, feeds: Sequence[Feed]) -> Any:
    """The ONNX graph that skl2onnx makes. @raises ExportError with what it says"""
    try:
        import onnx
        from skl2onnx import to_onnx
        from skl2onnx.common import data_types
    except ImportError as error:
        raise ExportError(f"scikit-learn models go through ONNX, and {error.name} is not installed here:\n    pip install skl2onnx onnxruntime") from error
    types = {"string": data_types.StringTensorType, "int64": data_types.Int64TensorType,
             "float32": data_types.FloatTensorType, "float64": data_types.DoubleTensorType}
    inputs = [(feed.name, types[feed.dtype]([None, len(feed.columns)])) for feed in feeds]
    register_boosters(model)
    opset = {"": min(21, onnx.defs.onnx_opset_version()), "ai.onnx.ml": 3}
    problem: Optional[Exception] = None
    for options in ({id(model): {"zipmap": False}}, None):
        try:
            with warnings.catch_warnings(), ints_for_booleans():
                warnings.simplefilter("ignore")
                return to_onnx(model, initial_types=inputs, options=options, target_opset=opset)
        except NameError as error:
            problem = error  # An estimator that knows no zipmap.
        except Exception as error:  # noqa: BLE001  A converter raises what it likes.
            problem = error
            break
    said = " ".join(str(problem).split())
    raise ExportError(f"skl2onnx cannot convert this {type(model).__name__}: {said[:400]}") from problem


def register_boosters(model: Any) -> None:
    """Tells skl2onnx of XGBoost's and LightGBM's estimators within a pipeline."""
    found = {type(part).__name__: type(part) for part in parts_of(model) if type(part).__module__.split(".")[0] in ("xgboost", "lightgbm")}
    if not found:
        return
    try:
        from onnxmltools.convert.lightgbm.operator_converters.LightGbm import convert_lightgbm
        from onnxmltools.convert.xgboost.operator_converters.XGBoost import convert_xgboost
    except ImportError as error:
        raise ExportError(f"A pipeline with {', '.join(found)} needs one package more:\n    pip install onnxmltools") from error
    from skl2onnx import update_registered_converter
    from skl2onnx.common.shape_calculator import calculate_linear_classifier_output_shapes as classifier
    from skl2onnx.common.shape_calculator import calculate_linear_regressor_output_shapes as regressor

    for name, kind in found.items():
        is_xgboost = name.startswith("XGB")
        options = {"options": {"nocl": [True, False], "zipmap": [True, False, "columns"]}} if "Classifier" in name else {}
        converter = convert_xgboost if is_xgboost else convert_lightgbm
        shapes = classifier if "Classifier" in name else regressor
        update_registered_converter(kind, f"{'Xgb' if is_xgboost else 'LightGbm'}{name}", shapes, converter, **options)


NUMPY = {"float32": np.float32, "float64": np.float64, "int64": np.int64}


def tensor_of(feed: Feed, columns: Sequence[Sequence[Any]]) -> np.ndarray:
    """As Millrace feeds the graph: a missing text by its word, a missing number as NaN."""
    if feed.dtype == "string":
        return np.array([[MISSING_TEXT if value is None else value] for value in columns[0]], dtype=object)
    wide = [[math.nan if value is None else value for value in column] for column in columns]
    return np.ascontiguousarray(np.array(wide, dtype=NUMPY[feed.dtype]).T)


class Graph:
    """A converted model, as onnxruntime runs it."""

    def __init__(self, proto: Any, feeds: Sequence[Feed]) -> None:
        self.proto, self.feeds = proto, feeds
        self.names = graph_names(proto, feeds)
        self.session: Any = None
        with contextlib.suppress(ImportError):
            import onnxruntime

            onnxruntime.set_default_logger_severity(4)
            settings = onnxruntime.SessionOptions()
            settings.intra_op_num_threads, settings.log_severity_level = 1, 4
            self.session = onnxruntime.InferenceSession(anywhere(proto).SerializeToString(), settings, providers=["CPUExecutionProvider"])

    def run(self, columns: Sequence[Sequence[Any]]) -> List[np.ndarray]:
        given = {name: tensor_of(feed, [columns[index] for index in feed.columns]) for name, feed in zip(self.names, self.feeds)}
        return [np.asarray(one) for one in self.session.run(None, given)]


def anywhere(proto: Any) -> Any:
    """The graph with a locale that every machine has: onnxruntime asks for en_US, which slim ones lack, to lower texts."""
    import onnx

    if all(node.op_type != "StringNormalizer" for node in proto.graph.node):
        return proto
    changed = copy.deepcopy(proto)
    for node in changed.graph.node:
        if node.op_type == "StringNormalizer" and not any(one.name == "locale" for one in node.attribute):
            node.attribute.append(onnx.helper.make_attribute("locale", "C.UTF-8"))
    return changed


def graph_names(proto: Any, feeds: Sequence[Feed]) -> List[str]:
    """What the graph calls its inputs: converters change names that are no identifiers."""
    given = [one.name for one in proto.graph.input]
    if len(given) == len(feeds):
        return given
    by_name = {re.sub(r"\W", "_", feed.name): feed.name for feed in feeds}
    kept = {by_name.get(name, name): name for name in given}
    missing = [feed.name for feed in feeds if feed.name not in kept]
    raise ExportError(f"The converted graph has no input for {', '.join(missing[:5])}, which the model does not look at. Leave them out of X.")


def batch_first(proto: Any, results: List[np.ndarray], blocks: Sequence[Block]) -> bool:
    """Mends outputs whose rows do not come first, as some converters write them. Returns whether the graph was changed."""
    import onnx

    changed = False
    for at, (block, got) in enumerate(zip(blocks, results)):
        want = block.values.shape
        if got.ndim < 2 or got.ndim == 2 and got.shape[0] == want[0] or got.size != block.values.size:
            continue
        changed, width, output = True, got.size // want[0], proto.graph.output[at]
        maker = next(node for node in proto.graph.node if output.name in node.output)
        if maker.op_type == "SequenceConstruct":
            maker.op_type = "Concat"
            maker.attribute.append(onnx.helper.make_attribute("axis", 1))
        else:
            inner = f"{output.name}_by_output"
            for node in proto.graph.node:
                node.output[:] = [inner if name == output.name else name for name in node.output]
                node.input[:] = [inner if name == output.name else name for name in node.input]
            if got.ndim == 3 and got.shape[0] != want[0]:
                proto.graph.node.append(onnx.helper.make_node("Transpose", [inner], [f"{inner}_row"], perm=[1, 0, 2]))
                inner = f"{inner}_row"
            shape = onnx.numpy_helper.from_array(np.array([-1, width], dtype=np.int64), f"{inner}_shape")
            proto.graph.initializer.append(shape)
            proto.graph.node.append(onnx.helper.make_node("Reshape", [inner, shape.name], [output.name]))
        kind = onnx.helper.np_dtype_to_tensor_dtype(got.dtype)
        output.CopyFrom(onnx.helper.make_tensor_value_info(output.name, kind, [None, width]))
    return changed


class Fit(NamedTuple):
    """How one output of a graph stands to the library's answers."""

    #: Which columns of the output they are; None where it has but one dimension.
    at: Optional[List[int]]
    #: By row: answered otherwise.
    moved: np.ndarray
    #: |difference| beyond what rtol allows, the greatest of rows that did not move.
    off: float


def fit(block: Block, got: np.ndarray) -> Optional[Fit]:
    """None where the output cannot be this answer."""
    want = block.values.reshape(len(block.values), -1)
    if got.ndim == 0 or len(got) != len(want):
        return None
    wide = got.reshape(len(got), -1)
    at = list(range(wide.shape[1]))
    if wide.shape[1] == 2 and want.shape[1] == 1 and got.dtype.kind == "f":
        # The score of the second class is the score; converters differ in where it stands.
        at = [int(np.abs(wide[:, 1] - want[:, 0]).sum() <= np.abs(wide[:, 0] - want[:, 0]).sum())]
    if len(at) != want.shape[1]:
        return None
    wide = wide[:, at]
    if block.settings["kind"] == "category":
        moved = np.array([[str(a) != str(b) for a, b in zip(*rows)] for rows in zip(wide, want)]).any(axis=1)
        return Fit(None if got.ndim == 1 else at, moved, 0.0)
    a, b = wide.astype(float), want.astype(float)
    if block.settings["kind"] != "number":
        return Fit(None if got.ndim == 1 else at, (a != b).any(axis=1), 0.0)
    spread = np.maximum(np.nanstd(b, axis=0), np.abs(b).max(axis=0) * 1e-6)
    difference = np.abs(a - b)
    with np.errstate(invalid="ignore"):
        moved = ~(difference <= MOVED * spread + MOVED * np.abs(b)).all(axis=1)
    beyond = (difference - RTOL * np.abs(b))[~moved]
    return Fit(None if got.ndim == 1 else at, moved, float(beyond.max()) if beyond.size else 0.0)


class Converted(NamedTuple):
    graph: Graph
    #: One a block; None where the block is left out.
    fits: List[Optional[Fit]]
    moved: np.ndarray
    off: float


def try_type(model: Any, table: Table, blocks: Sequence[Block], number: str) -> Converted:
    feeds = feeds_of(model, table, number)
    proto = convert(known_to_converter(model), feeds)
    graph = Graph(proto, feeds)
    columns = [table.values(index) for index in range(len(table.names))]
    if graph.session is None:
        raise ExportError("The converted model is held against the library, which takes onnxruntime:\n    pip install onnxruntime")
    results = graph.run(columns)
    if batch_first(proto, results, blocks):
        graph = Graph(proto, feeds)
        results = graph.run(columns)
    fits: List[Optional[Fit]] = []
    for at, block in enumerate(blocks):
        found = fit(block, results[at]) if at < len(results) else None
        if block.is_needed and found is None:
            shape = list(results[at].shape) if at < len(results) else "nothing"
            raise ExportError(f"The converted model gives {shape} where the library answers {list(block.values.shape)} ({block.names[0]}).")
        too_many = found is not None and found.moved.mean() > MAX_MOVED
        fits.append(None if too_many and not block.is_needed else found)
    kept = [one for one in fits if one is not None]
    moved = np.any([one.moved for one in kept], axis=0)
    return Converted(graph, fits, moved, max(one.off for one in kept))


def best_type(model: Any, table: Table, blocks: Sequence[Block], say: Callable[[str], None]) -> Converted:
    """In float32, which is smaller and faster, unless rows move by it; then in float64, where that is better."""
    tried: List[Converted] = []
    problem: Optional[Exception] = None
    for number in ("float32", "float64"):
        try:
            tried.append(try_type(model, table, blocks, number))
        except ExportError as error:
            problem = problem or error
        except Exception as error:  # noqa: BLE001  onnxruntime's own: it has no such operator in float64.
            problem = problem or ExportError(f"onnxruntime does not run the converted model: {str(error)[:300]}")
        if tried and not tried[-1].moved.any() and tried[-1].off <= ATOL:
            break
    if not tried:
        raise problem or ExportError("nothing was converted")
    best = min(tried, key=lambda one: (sum(fit is None for fit in one.fits), int(one.moved.sum()), one.off))
    for block, one in zip(blocks, best.fits):
        if one is None:
            say(f"left out: {', '.join(block.names[:4])}: the converted model has something else there than the library.")
    rows = np.flatnonzero(best.moved)
    if len(rows) > MAX_MOVED * table.rows:
        raise ExportError(
            f"The converted model answers {len(rows)} of {table.rows} rows otherwise than the library (first row {rows[0]}). "
            "It is another model: nothing was written. Try newer versions of skl2onnx and onnx, or report it to skl2onnx."
        )
    if len(rows) > 0:
        say(
            f"NOTE: {len(rows)} of {table.rows} rows are answered otherwise by the converted model, which computes in other "
            f"precision than the library: rows {', '.join(map(str, rows[:10]))}{' …' if len(rows) > 10 else ''} of X. "
            "They are not among the golden examples."
        )
    return best


def encoder_labels(model: Any, names: Sequence[str]) -> Dict[str, List[str]]:
    """By column: the texts that an encoder of the model has learnt."""
    found: Dict[str, List[str]] = {}

    def learn(transformer: Any, columns: Sequence[str]) -> None:
        for part in parts_of(transformer):
            lists = getattr(part, "categories_", None)
            if type(part).__name__ in ENCODERS and lists is not None and len(lists) == len(columns):
                for name, list_ in zip(columns, lists):
                    if for_texts(plain(list_)):
                        found.setdefault(name, [one for one in plain(list_) if one is not None])

    holders = [part for part in parts_of(model) if hasattr(part, "transformers_")]
    for holder in holders[:1]:
        for _, transformer, columns in holder.transformers_:
            if hasattr(transformer, "get_params"):
                learn(transformer, [names[index] for index in indices_of(columns, names)])
    if not holders:
        learn(model, names)
    return found


class Probe(NamedTuple):
    """A row that was made to learn what the library takes: with a missing value, or a text that it never saw."""

    values: List[Any]
    answers: List[np.ndarray]


def probe(model: Any, table: Table, converted: Converted, blocks: Sequence[Block], targets: Sequence[str], index: int, value: Any) -> Optional[Probe]:
    """None where the library refuses such a row, or the graph answers it otherwise."""
    row = int(np.flatnonzero(~converted.moved)[0])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            one = table.with_value(row, index, value)
            answers = [block.values for block in sklearn_blocks(model, one, targets)]
    except Exception:  # noqa: BLE001  Whatever it raises, it refuses the row.
        return None
    seen = Table(one)
    columns = [seen.values(at) for at in range(len(seen.names))]
    try:
        results = converted.graph.run(columns)
    except Exception:  # noqa: BLE001
        return None
    for block, answer, found, got in zip(blocks, answers, converted.fits, results):
        if found is None:
            continue
        both = np.concatenate([block.values[:1], answer]), np.concatenate([np.asarray(got)[:0], got])
        same = fit(block._replace(values=both[0][1:]), both[1])
        if same is None or same.moved.any():
            return None
    return Probe([column[0] for column in columns], answers)


def from_sklearn(model: Any, table: Table, targets: Sequence[str], folder: Path, say: Callable[[str], None]) -> "Exported":
    import sklearn

    blocks = sklearn_blocks(model, table.X, targets)
    converted = best_type(model, table, blocks, say)
    graph = converted.graph
    labels = encoder_labels(model, table.names)
    asked = columns_asked(model, table.names) or {}
    inputs: Dict[str, Settings] = {}
    prepare: List[Settings] = []
    probes: List[Probe] = []

    def ask(index: int, value: Any) -> bool:
        found = probe(model, table, converted, blocks, targets, index, value)
        if found:
            probes.append(found)
        return found is not None

    for feed, graph_name in zip(graph.feeds, graph.names):
        for index in feed.columns:
            name, values = table.names[index], table.values(index)
            settings: Settings = {"kind": kind_of(table.column(index), values)}
            if feed.dtype == "string":
                is_text = table.is_text or has_part(asked.get(name, []), VECTORIZERS)
                if is_text:
                    settings["kind"] = "text"
                elif ask(index, "a text that was never seen"):
                    settings.update(labels_setting(labels.get(name) or distinct(values)), unknown="allow")
                    settings = settings if "labels" in settings else {"kind": "category"}
                elif name in labels:
                    settings["labels"] = labels[name]
            absent = None if None in values and feed.dtype == "string" and not is_nan(table.column(index)) else math.nan
            if feed.dtype != "int64" and settings["kind"] != "text" and ask(index, absent):
                settings["nullable"] = True
                if feed.dtype == "string":
                    prepare.append({"impute": {"of": name, "with": MISSING_TEXT}})
            elif None in values and feed.dtype != "int64":
                settings["nullable"] = True
            if len(graph.feeds) > 1 and graph_name != name or len(graph.feeds) == 1 and len(feed.columns) == 1 and graph_name != name:
                settings["to"] = graph_name
            inputs[name] = settings
        if len(feed.columns) > 1:
            fields = [table.names[index] for index in feed.columns]
            prepare.append({"concat": {"fields": fields, "as": graph_name, "dtype": feed.dtype}})
    sources = [one.name for one in graph.proto.graph.output]
    placed = [Placed(block, source, one.at) for block, source, one in zip(blocks, sources, converted.fits) if one is not None]
    outputs, answers = outputs_of(placed, inputs)
    extra = [made(one, table, inputs, [kept is not None for kept in converted.fits], placed, list(outputs)) for one in probes]
    (folder / "model.onnx").write_bytes(graph.proto.SerializeToString())
    import skl2onnx

    tolerance = {"atol": rounded_up(2 * converted.off), "rtol": RTOL} if converted.off > ATOL else None
    trainer = f"scikit-learn {sklearn.__version__}, skl2onnx {skl2onnx.__version__}"
    draft = Draft("model.onnx", trainer, inputs, prepare, outputs, tolerance)
    return Exported(draft, answers, converted.moved, extra)


def is_nan(column: Any) -> bool:
    return any(isinstance(value, float) and value != value for value in column)


def distinct(values: Sequence[Any]) -> List[str]:
    return sorted({str(value) for value in values if value is not None})


def labels_setting(labels: Sequence[str]) -> Settings:
    return {"labels": list(labels)} if len(labels) <= MAX_LABELS else {}


def rounded_up(value: float) -> float:
    digits = 10.0 ** math.floor(math.log10(value))
    return float(f"{math.ceil(value / digits) * digits:.0e}")


class Made(NamedTuple):
    """A golden example that is no row of X."""

    input: Dict[str, Any]
    output: Dict[str, Any]


class Exported(NamedTuple):
    draft: Draft
    answers: List[Answer]
    #: By row of X: not to be a golden example.
    moved: np.ndarray
    extra: List[Made]


def columns_of(block: Block, values: np.ndarray) -> List[List[Any]]:
    wide = np.asarray(values).reshape(len(values), -1)
    as_text = block.settings["kind"] == "category"
    return [[str(one) if as_text else plain(one) for one in wide[:, at]] for at in range(wide.shape[1])]


class Placed(NamedTuple):
    """Where a block is read from: an output of the model, and its columns."""

    block: Block
    source: str
    at: Optional[List[int]]


def outputs_of(placed: Sequence[Placed], inputs: Dict[str, Settings]) -> Tuple[Dict[str, Settings], List[Answer]]:
    outputs: Dict[str, Settings] = {}
    answers: List[Answer] = []
    for block, source, at in placed:
        for column, (wanted, values) in enumerate(zip(block.names, columns_of(block, block.values))):
            name = free(wanted if wanted not in inputs else f"predicted_{wanted}", list(outputs))
            settings = dict(block.settings)
            if name != source or at is not None:
                settings["from"] = source
            if at is not None:
                settings["at"] = at[column]
            outputs[name] = settings
            answers.append(Answer(name, settings, values))
    return outputs, answers


def made(one: Probe, table: Table, inputs: Dict[str, Settings], kept: Sequence[bool], placed: Sequence[Placed], names: Sequence[str]) -> Made:
    row = {name: value for name, value in zip(table.names, one.values) if name in inputs}
    answers = [values for values, is_kept in zip(one.answers, kept) if is_kept]
    flat = [column[0] for (block, _, _), values in zip(placed, answers) for column in columns_of(block, values)]
    return Made(row, dict(zip(names, flat)))


# ------------------------------------------------------------------------------------------------------ boosted trees


def features_of(table: Table, names: Sequence[str], lists: Dict[int, Sequence[Any]], numbers: str, has_unknown: bool) -> Tuple[Dict[str, Settings], List[Settings]]:
    """Fields of a library's own file: every one may be missing, which trees have a way for; categories become their places in `lists`."""
    inputs: Dict[str, Settings] = {}
    prepare: List[Settings] = []
    columns: List[str] = []
    for index, name in enumerate(names):
        settings: Settings = {"kind": kind_of(table.column(index), table.values(index)), "nullable": True}
        column = name
        if index in lists:
            texts = plain(lists[index])
            column = free(f"{name}_code", names)
            if for_texts(texts):
                settings = {"kind": "category", **labels_setting(texts), "nullable": True}
                if has_unknown and "labels" in settings:
                    settings["unknown"] = "allow"
            else:
                settings = {"kind": "integer" if all(isinstance(one, int) for one in texts) else "number", "nullable": True}
            prepare.append({"lookup": {"of": name, "table": {str(text): place for place, text in enumerate(texts)}, "as": column}})
        elif settings["kind"] == "category":
            raise ExportError(f"{name} has texts, and the model knows no categories of it.")
        inputs[name] = settings
        columns.append(column)
    prepare.append({"concat": {"fields": columns, "as": "features", "dtype": numbers}})
    return inputs, prepare


def tree_blocks(output: str, values: np.ndarray, labels: Optional[np.ndarray], classes: Sequence[Any]) -> List[Placed]:
    """The outputs that Millrace's readers of boosted trees have: `label` where there are classes, and the answer."""
    placed: List[Placed] = []
    settings: Settings = {"kind": "number", "min": 0, "max": 1} if output == "probability" else {"kind": "number"}
    known = plain(classes)
    if labels is not None:
        settings_of = label_settings(known)
        counted = settings_of["kind"] == "boolean" or known == list(range(len(known)))
        label = settings_of if counted else {"kind": "category", "labels": [str(one) for one in known]}
        placed.append(Placed(Block(["label"], label, labels, True), "label", None))
    width = 1 if values.ndim == 1 else values.shape[1]
    names = [output] if width == 1 else [f"{output}_{name_of(known[at]) if labels is not None else at}" for at in range(width)]
    placed.append(Placed(Block(names, settings, values, True), output, list(range(width))))
    return placed


def finished(table: Table, model: str, trainer: str, inputs: Dict[str, Settings], prepare: List[Settings], placed: Sequence[Placed]) -> Exported:
    outputs, answers = outputs_of(placed, inputs)
    return Exported(Draft(model, trainer, inputs, prepare, outputs, None), answers, np.zeros(table.rows, dtype=bool), [])


def column_names(table: Table, names: Optional[Sequence[str]], count: int, library: str) -> List[str]:
    """The columns of X, which the model counts by place; said where there are others than it was trained on."""
    if len(table.names) != count:
        raise ExportError(f"The {library} model has {count} features, and X {len(table.names)} columns. Give the columns that it was trained on, in their order.")
    if not is_frame(table.X) and names is not None and not all(re.fullmatch(r"(Column_|f)?\d+", str(one)) for one in names):
        table.names = [str(one) for one in names]
    return table.names


def from_xgboost(model: Any, table: Table, targets: Sequence[str], folder: Path, say: Callable[[str], None]) -> Exported:
    import xgboost

    is_estimator = hasattr(model, "get_booster")
    booster = model.get_booster() if is_estimator else model
    names = column_names(table, booster.feature_names, booster.num_features(), "XGBoost")
    raw = json.loads(bytes(booster.save_raw("json")))["learner"]
    trees = raw["gradient_booster"]
    cats = (trees.get("model") or trees.get("gbtree", {}).get("model", {})).get("cats", {}).get("enc", [])
    lists = {}
    for index, kind in enumerate(booster.feature_types or []):
        if kind == "c":
            given = getattr(getattr(table.column(index), "cat", None), "categories", [])
            lists[index] = xgboost_categories(cats[index] if index < len(cats) else {}, names[index], plain(list(given)))
    objective = raw["objective"]["name"]
    inputs, prepare = features_of(table, names, lists, "float32", False)
    X = table.X
    if is_estimator:
        values, labels = (model.predict_proba(X), model.predict(X)) if hasattr(model, "classes_") else (model.predict(X), None)
        if objective == "binary:logistic":
            values = values[:, 1]
    else:
        values = booster.predict(xgboost.DMatrix(X, feature_names=booster.feature_names, feature_types=None if is_frame(X) else booster.feature_types, enable_categorical=True))
        labels = (values > 0.5).astype(int) if objective == "binary:logistic" else values.argmax(axis=1) if values.ndim == 2 and objective == "multi:softprob" else None
        if objective == "multi:softmax":
            raise ExportError("A Booster of multi:softmax tells no probabilities. Export the XGBClassifier, or train with multi:softprob: the trees are the same.")
    output = "probability" if objective.startswith(("binary:logistic", "multi:")) else "score" if objective.startswith("rank:") else "margin" if objective == "binary:logitraw" else "prediction"
    (model if is_estimator else booster).save_model(str(folder / "model.ubj"))
    count = 2 if labels is not None and values.ndim == 1 else 1 if values.ndim == 1 else values.shape[1]
    return finished(table, "model.ubj", f"XGBoost {xgboost.__version__}", inputs, prepare, tree_blocks(output, values, labels, list(range(count))))


def xgboost_categories(encoding: Dict[str, Any], name: str, given: Sequence[Any]) -> List[Any]:
    """As they lie in the file, from XGBoost 3.1 on: texts as one run of bytes, numbers as they are. `given` are those of X."""
    values = encoding.get("values") or []
    if not values:
        raise ExportError(
            f"The file does not say what the categories of {name} are, as XGBoost writes them from 3.1 on. "
            "Train with a newer XGBoost, on pandas' categories."
        )
    if "offsets" not in encoding:
        return list(values)
    text, ends = bytes(one & 255 for one in values), encoding["offsets"]
    with contextlib.suppress(UnicodeDecodeError):
        known = [text[start:end].decode() for start, end in zip(ends, ends[1:])]
        if text.isascii() or known == given:
            return known
    # XGBoost 3.2 counts characters where it keeps bytes, so that texts beyond ASCII are cut: those of X are the same if they are cut so.
    lengths = [len(one) for one in given if isinstance(one, str)]
    if [0, *np.cumsum(lengths)] == list(ends) and "".join(given).encode()[: len(text)] == text:
        return list(given)
    raise ExportError(f"XGBoost has cut the categories of {name} in its file, as some are not ASCII. Give X with the categories that it was trained on, in their order.")


def from_lightgbm(model: Any, table: Table, targets: Sequence[str], folder: Path, say: Callable[[str], None]) -> Exported:
    import lightgbm

    is_estimator = hasattr(model, "booster_")
    booster = model.booster_ if is_estimator else model
    names = column_names(table, booster.feature_name(), booster.num_feature(), "LightGBM")
    learnt = booster.pandas_categorical or []
    given = lightgbm_categories(table, names, learnt)
    lists = {index: list_ for index, list_ in zip(given, learnt) if plain(list_) != [False, True]}
    inputs, prepare = features_of(table, names, lists, "float64", False)
    objective = str(getattr(model, "objective_", None) or booster.params.get("objective") or objective_in(booster)).split(" ")[0]
    values = np.asarray(model.predict_proba(table.X) if hasattr(model, "classes_") else booster.predict(table.X))
    labels, classes = None, list(range(values.shape[1] if values.ndim == 2 else 2))
    if hasattr(model, "classes_"):
        labels, classes = model.predict(table.X), model.classes_
        values = values[:, 1] if values.ndim == 2 and values.shape[1] == 2 and objective == "binary" else values
    elif objective == "binary":
        labels = (values > 0.5).astype(int)
    elif objective.startswith("multiclass"):
        labels = values.argmax(axis=1)
    ranking, probable = ("lambdarank", "rank_xendcg"), ("binary", "multiclass", "multiclassova", "cross_entropy")
    output = "score" if objective in ranking else "probability" if objective in probable else "margin" if objective in ("custom", "none") else "prediction"
    booster.save_model(str(folder / "model.txt"))
    return finished(table, "model.txt", f"LightGBM {lightgbm.__version__}", inputs, prepare, tree_blocks(output, values, labels, classes))


def lightgbm_categories(table: Table, names: Sequence[str], learnt: Sequence[Sequence[Any]]) -> List[int]:
    """Which columns are the model's categories, which it counts in order alone. Columns of texts are made categories of its lists."""
    if not is_frame(table.X):
        if learnt:
            raise ExportError(f"The LightGBM model learnt {len(learnt)} columns of categories: give X as a DataFrame, as it was trained.")
        return []
    given = [index for index in range(len(names)) if str(table.column(index).dtype) == "category" or table.column(index).dtype.kind not in "iufb"]
    if len(given) != len(learnt):
        found = f": {', '.join(names[at] for at in given[:5])}" if given else ""
        raise ExportError(f"The LightGBM model learnt {len(learnt)} columns of categories, and X has {len(given)} of texts or categories{found}. Give the columns that it was trained with.")
    import pandas

    for index, list_ in zip(given, learnt):
        values = [one for one in table.values(index) if one is not None]
        known = set(plain(list(list_)))
        if values and not known & set(values):
            shown = ", ".join(str(one) for one in list(list_)[:4])
            raise ExportError(f"The LightGBM model learnt {shown} of {names[index]}, and X has nothing of it there. Give the columns in the order in which it was trained.")
        column = table.X.columns[index]
        table.X = table.X.assign(**{column: pandas.Categorical(table.X[column], categories=list_)}) if str(table.column(index).dtype) != "category" else table.X
    return given


def objective_in(booster: Any) -> str:
    found = re.search(r"^objective=(\S+)", booster.model_to_string(num_iteration=1), re.M)
    return found.group(1) if found else "custom"


def from_catboost(model: Any, table: Table, targets: Sequence[str], folder: Path, say: Callable[[str], None]) -> Exported:
    import catboost

    names = column_names(table, model.feature_names_, len(model.feature_names_), "CatBoost")
    categorical = list(model.get_cat_feature_indices())
    pool = catboost.Pool(table.X, cat_features=categorical) if categorical else None
    path = folder / "model.json"
    model.save_model(str(path), format="json", **({"pool": pool} if pool is not None else {}))
    file = json.loads(path.read_text(encoding="utf-8"))
    lists = catboost_categories(file, names)
    inputs, prepare = features_of(table, names, lists, "float32", True)
    unasked = [index for index in categorical if index not in lists]
    for index in unasked:
        del inputs[names[index]]
    concat = prepare[-1]["concat"]
    concat["fields"] = [field for field in concat["fields"] if field not in {names[index] for index in unasked}]
    for index in categorical:
        if names[index] in inputs and inputs[names[index]]["kind"] == "category":
            del inputs[names[index]]["nullable"]  # CatBoost takes texts alone: what is missing is a text of its own.
    loss = model.get_all_params().get("loss_function", "")
    if hasattr(model, "classes_") and len(model.classes_) > 0 and hasattr(model, "predict_proba"):
        values, labels, classes = model.predict_proba(table.X), model.predict(table.X).reshape(table.rows), list(model.classes_)
        values = values[:, 1] if len(classes) == 2 and not loss.startswith("Multi") else values
        placed = catboost_labels(tree_blocks("probability", values, labels, classes), classes)
    else:
        values = np.asarray(model.predict(table.X))
        is_rank = re.match(r"YetiRank|PairLogit|Query|Stochastic|LambdaMart|GroupQuantile", loss)
        placed = tree_blocks("score" if is_rank else "prediction", values, None, [])
    return finished(table, "model.json", f"CatBoost {catboost.__version__}", inputs, prepare, placed)


def catboost_labels(placed: List[Placed], classes: Sequence[Any]) -> List[Placed]:
    """CatBoost's file has the classes themselves, so that the label needs no list of them where they are integers."""
    label = placed[0]
    if all(isinstance(one, int) and not isinstance(one, bool) for one in plain(classes)):
        label = label._replace(block=label.block._replace(settings={"kind": "integer"}))
    return [label, *placed[1:]]


def catboost_categories(file: Dict[str, Any], names: Sequence[str]) -> Dict[int, List[Any]]:
    """By column: the categories that trees ask for, in the order in which Millrace counts them; none for one that no tree asks for."""
    info, data = file["features_info"], file.get("ctr_data") or {}
    texts = {signed(one["hash"]): str(one["value"]) for one in info.get("cat_features_hash") or []}
    mix = 0x4906BA494954CB65

    def key(hash_: int) -> str:
        return str(mix * ((mix * hash_) % 2**64) % 2**64)

    lists: Dict[int, List[Any]] = {}
    for feature in info.get("categorical_features") or []:
        counted = [ctr for ctr in info.get("ctrs") or [] if any(is_of(one, feature["feature_index"]) for one in ctr["elements"])]
        own = [ctr for ctr in counted if len(ctr["elements"]) == 1]
        hashes = {signed(one) for one in feature.get("values") or []}
        if own:
            for ctr in own:
                table = data[ctr["identifier"]]
                keys = {str(one) for one in table["hash_map"][:: table["hash_stride"]]} - {str(2**64 - 1)}
                found = {hash_ for hash_ in texts if key(hash_) in keys}
                if len(found) < len(keys):
                    raise ExportError(unknown_texts(feature, names))
                hashes |= found
        elif counted:
            hashes |= set(texts)
        if not hashes:
            continue
        if not hashes <= set(texts):
            raise ExportError(unknown_texts(feature, names))
        known = [texts[hash_] for hash_ in hashes]
        if all(re.fullmatch(r"0|-?[1-9]\d{0,14}", text) for text in known):
            lists[feature["flat_feature_index"]] = sorted(map(int, known))
        else:
            lists[feature["flat_feature_index"]] = sorted(known, key=lambda text: text.encode("utf-16-be"))
    return lists


def unknown_texts(feature: Dict[str, Any], names: Sequence[str]) -> str:
    name = names[feature["flat_feature_index"]]
    return (
        f"CatBoost's model has the categories of {name} as numbers alone, and X does not have all of their texts. "
        "Export with the rows that it was trained on as X (at least one of each category)."
    )


def signed(hash_: Any) -> int:
    return (int(hash_) + 2**31) % 2**32 - 2**31


def is_of(element: Dict[str, Any], index: int) -> bool:
    return element.get("cat_feature_index") == index


# -------------------------------------------------------------------------------------------------------------- PyTorch

MAX_TENSOR_EXAMPLES = 200
#: How far apart two runtimes may be in a half's arithmetic: a digit of each.
DIGIT = {"float16": 1e-3, "bfloat16": 1e-2}


class Rows(NamedTuple):
    """What a module is asked: one tensor a row, and which of its dimensions rows differ in."""

    each: List[Any]
    open: List[int]

    def first_two(self) -> Any:
        """A batch as it is traced: of one length, which stands for any."""
        import torch

        row = max(self.each, key=lambda one: one.numel())
        same = [one for one in self.each if one.shape == row.shape]
        return torch.stack([same[0], same[-1]])


def torch_rows(model: Any, X: Any) -> Rows:
    """Rows of a tensor, an array or a table; or of a list, where they may differ in length. What is of float64 gets the module's dtype."""
    import torch

    floating = next((one.dtype for one in model.parameters() if one.is_floating_point()), torch.float32)
    if is_frame(X):
        X = X.to_numpy()
        takes_ids = any(isinstance(part, torch.nn.Embedding) for part in model.modules())
        X = X if takes_ids and X.dtype.kind in "iu" else np.asarray(X, dtype=float)
    given = list(X) if isinstance(X, (list, tuple)) else list(torch.as_tensor(X))
    rows = [torch.as_tensor(one) for one in given]
    rows = [one.to(floating) if one.dtype == torch.float64 else one for one in rows]
    if len(rows) < 2 or rows[0].ndim < 1:
        raise ExportError("X is no tensor of rows; give at least two rows, the first dimension being the rows, or a list of a tensor a row where they differ in length.")
    if any(one.ndim != rows[0].ndim or one.dtype != rows[0].dtype for one in rows):
        raise ExportError("The rows of X are of several dtypes or numbers of dimensions.")
    return Rows(rows, [at for at in range(rows[0].ndim) if len({one.shape[at] for one in rows}) > 1])


def torch_answers(model: Any, rows: Rows) -> List[Any]:
    """What the module answers each row; rows of one length are asked together."""
    import torch

    answers = []
    with torch.no_grad():
        if not rows.open:
            answers = model(torch.stack(rows.each))
        for row in rows.each if rows.open else []:
            answer = model(row[None])
            answers.append(answer[0] if isinstance(answer, torch.Tensor) and len(answer) == 1 else None)
    is_tensor = isinstance(answers, torch.Tensor) or rows.open and all(one is not None for one in answers)
    if not is_tensor or len(answers) != len(rows.each):
        raise ExportError("The module does not give one tensor with a row for each of X. Wrap it in a module that does, and export that.")
    return list(answers)


def torch_graph(model: Any, rows: Rows, path: Path) -> None:
    """Writes the graph: by today's exporter, or by the one that traces, for what that does not know."""
    import torch

    names = ["rows"] + [f"length_{at}" if at in rows.open else "" for at in range(rows.each[0].ndim)]
    dims = {at: name for at, name in enumerate(names) if name}
    shapes = {at: torch.export.Dim(name, min=1 if at == 0 else 2) for at, name in dims.items()}
    ways: List[Settings] = [
        {"dynamo": True, "external_data": False, "dynamic_shapes": (shapes,), "verbose": False},
        {"dynamo": False, "dynamic_axes": {"x": dims, "y": {0: "rows"}}},
    ]
    problem: Optional[Exception] = None
    for way in ways:
        try:
            with warnings.catch_warnings(), contextlib.redirect_stdout(sys.stderr):
                warnings.simplefilter("ignore")
                torch.onnx.export(model, (rows.first_two(),), str(path), input_names=["x"], output_names=["y"], **way)
            return
        except ModuleNotFoundError as error:
            raise ExportError(f"torch.onnx.export needs {error.name}, which is not installed here:\n    pip install onnx onnxscript") from error
        except Exception as error:  # noqa: BLE001
            problem = problem or error
    raise ExportError(f"torch.onnx.export cannot write this module: {' '.join(str(problem).split())[:400]}") from problem


def torch_tolerance(path: Path, rows: Rows, answers: Sequence[Any]) -> Optional[Settings]:
    """Of halves a digit; else how far ONNX Runtime is from PyTorch on X, twice over, where it is installed."""
    dtypes = {str(one.dtype).replace("torch.", "") for one in (rows.each[0], answers[0])}
    digits = [DIGIT[one] for one in dtypes if one in DIGIT]
    if digits:
        return {"atol": max(digits), "rtol": max(digits)}
    try:
        import onnxruntime
    except ImportError:
        return {"atol": 1e-5, "rtol": 1e-4}
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    off, spread = 0.0, 0.0
    for row, answer in zip(rows.each, answers):
        want = answer.numpy().astype(float)
        got = session.run(None, {"x": row[None].numpy()})[0][0].astype(float)
        if got.shape != want.shape:
            raise ExportError(f"The exported graph answers a row with shape {list(got.shape)}, and the module with {list(want.shape)}.")
        off = max(off, float(np.max(np.abs(got - want) - RTOL * np.abs(want), initial=0.0)))
        spread = max(spread, float(np.max(np.abs(want), initial=0.0)))
    if off > 0.1 * spread:
        raise ExportError("The exported graph answers otherwise than the module: nothing was written. Is it in eval mode, and of fixed control flow?")
    return {"atol": rounded_up(2 * off), "rtol": RTOL} if off > ATOL else None


def from_torch(model: Any, X: Any, folder: Path, say: Callable[[str], None]) -> "TorchExport":
    """Writes model.onnx of a module that takes one tensor and gives one: columns of a table, or a tensor of any length."""
    import torch

    model = model.eval()
    rows = torch_rows(model, X)
    answers = torch_answers(model, rows)
    path = folder / "model.onnx"
    wide, is_bfloat16 = rows, any(one.dtype == torch.bfloat16 for one in model.parameters())
    if is_bfloat16:
        # What runs ONNX on a processor has next to nothing for bfloat16; float32 has all its values.
        say("NOTE: bfloat16 is computed in float32 with the same weights: the answers are more exact than the module's, by about a digit of bfloat16.")
        wide = rows._replace(each=[one.float() if one.dtype == torch.bfloat16 else one for one in rows.each])
    torch_graph(copy.deepcopy(model).float() if is_bfloat16 else model, wide, path)

    def tensor(of: Sequence[Any]) -> Settings:
        if of[0].ndim == 0:
            return {"kind": "number"}
        sizes = [len({one.shape[at] for one in of}) for at in range(of[0].ndim)]
        shape = [size if count == 1 else None for size, count in zip(of[0].shape, sizes)]
        return {"kind": "tensor", "dtype": str(of[0].dtype).replace("torch.", ""), "shape": shape}

    def cells(of: Any) -> Any:
        return of.tolist() if of.dtype.is_floating_point or of.ndim else of.item()

    inputs, prepare = {"x": tensor(wide.each)}, []
    given: Dict[str, List[Any]] = {"x": [cells(one) for one in rows.each]}
    if is_frame(X):
        names = Table(X).names
        is_whole = not rows.each[0].dtype.is_floating_point
        inputs = {name: {"kind": "integer" if is_whole else "number"} for name in names}
        prepare = [{"concat": {"fields": names, "as": free("x", names), "dtype": str(wide.each[0].dtype).replace("torch.", "")}}]
        if "x" in names:
            raise ExportError("A column of X is called x, as the graph's input is. Rename it.")
        given = {name: [float(row[at]) if not is_whole else int(row[at]) for row in rows.each] for at, name in enumerate(names)}
    width = answers[0].shape[0] if answers[0].ndim == 1 and not any(one.shape != answers[0].shape for one in answers) else 0
    outputs: Dict[str, Settings] = {"y": tensor([one.float() for one in answers] if is_bfloat16 else answers)}
    told: Dict[str, List[Any]] = {"y": [cells(one) for one in answers]}
    if 0 < width <= MAX_COLUMNS:
        names_of_y = ["y"] if width == 1 else [f"y_{at}" for at in range(width)]
        is_whole = not answers[0].dtype.is_floating_point
        outputs = {name: {"kind": "integer" if is_whole else "number", "from": "y", "at": at} for at, name in enumerate(names_of_y)}
        told = {name: [plain(one[at].item()) for one in answers] for at, name in enumerate(names_of_y)}
    draft = Draft("model.onnx", f"PyTorch {torch.__version__}", inputs, prepare, outputs, torch_tolerance(path, rows, answers))
    return TorchExport(draft, given, told)


class TorchExport(NamedTuple):
    draft: Draft
    given: Dict[str, List[Any]]
    told: Dict[str, List[Any]]

    def write(self, folder: Path, examples: int) -> None:
        """examples.json: tensors of several dimensions, which no column has."""
        rows = chosen(min(examples, MAX_TENSOR_EXAMPLES), range(len(next(iter(self.given.values())))))
        made = [
            {"input": {name: of[row] for name, of in self.given.items()}, "output": {name: of[row] for name, of in self.told.items()}}
            for row in rows
        ]
        try:
            text = json.dumps(made, allow_nan=False)
        except ValueError as error:
            raise ExportError("X or what the module answers has NaN or Infinity, which no example can have. Leave such rows out.") from error
        (folder / "examples.json").write_text(text, encoding="utf-8")


# --------------------------------------------------------------------------------------------------------------- export


def family_of(model: Any) -> str:
    """The library that made a model, by where its class or one it is made of was written."""
    modules = [kind.__module__.split(".")[0] for kind in type(model).__mro__]
    for library in ("xgboost", "lightgbm", "catboost", "torch"):
        if library in modules:
            return library
    return "sklearn" if "sklearn" in modules or hasattr(model, "get_params") else modules[0]


EXPORTERS: Dict[str, Callable[..., Exported]] = {
    "sklearn": from_sklearn,
    "xgboost": from_xgboost,
    "lightgbm": from_lightgbm,
    "catboost": from_catboost,
}


def chosen(count: int, of: Sequence[int]) -> List[int]:
    """So many of these rows, evenly over all."""
    if len(of) <= count:
        return list(of)
    return [of[(index * len(of)) // count] for index in range(count)]


def write_csv(path: Path, columns: Dict[str, Sequence[Any]]) -> None:
    """Texts in quotes, so that an empty one is not a missing one; numbers with all their digits."""

    def cell(value: Any) -> str:
        if value is None:
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, (int, float)):
            return repr(value)
        return '"' + str(value).replace('"', '""') + '"'

    rows = zip(*columns.values())
    lines = [",".join(cell(str(name)) for name in columns), *(",".join(map(cell, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def export(
    model: Any,
    X: Any,
    y: Any = None,
    folder: Any = ".",
    name: Optional[str] = None,
    version: str = "0.1.0",
    description: Optional[str] = None,
    examples: int = MAX_EXAMPLES,
    force: bool = False,
    say: Callable[[str], None] = print,
) -> Path:
    """Writes a folder that `millrace pack` packs: model, model.yaml, examples.csv and reference.csv.

    X: rows as the model takes them (a DataFrame, an array, a list of texts), best held out from training; the golden
       examples are the library's own answers for some of them, and reference.csv has them all.
    y: the truth about them, which reference.csv keeps beside the answers.
    name: the package's; unless given the folder's, or where that says nothing (model) that of the one around it.
    examples: how many golden examples at most are taken from X.
    force: write over a model.yaml that is there.
    Returns the path of model.yaml. Raises ExportError, which says what to do; then no model.yaml was written.
    """
    folder = Path(folder).resolve()
    target = folder / "model.yaml"
    if target.exists() and not force:
        raise ExportError(f"{target} is there already. Take another folder, or force=True (--force) to write it anew.")
    called = package_name(name) if name else name_for(folder)
    family = family_of(model)
    if isinstance(model, dict) and model and all(type(one).__module__.split(".")[0] == "torch" for one in (model.get("state_dict") or model).values()):
        raise ExportError(
            "This has the weights of a PyTorch module alone (a state_dict). Put them into their module where its class is, and export that:\n"
            "    model = Net(); model.load_state_dict(weights); export(model, X)"
        )
    if family != "torch" and family not in EXPORTERS:
        raise ExportError(
            f"A {type(model).__module__}.{type(model).__name__} is none of the models that are exported here: scikit-learn, XGBoost, "
            "LightGBM, CatBoost, PyTorch. Whatever writes ONNX can be packed too: millrace init model.onnx"
        )
    with staged(folder) as stage:
        if family == "torch":
            of_torch = from_torch(model, X, stage, say)
            of_torch.write(stage, examples)
            text = manifest(of_torch.draft, called, version, description, None)
            text = text.replace("examples: examples.csv           #", "examples: examples.json          #")
            text = text.replace("reference: reference.csv\n", "")
        else:
            text = write_tables(model, X, y, stage, examples, say, lambda draft, told: manifest(draft, called, version, description, told))
        (stage / "model.yaml").write_text(text, encoding="utf-8")
    say(f"wrote {target}. Next: millrace pack {folder}")
    return target


@contextlib.contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """A folder beside what is there, whose files are put into `folder` once all are written; nothing is left where that fails."""
    made = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix=".millrace-", dir=folder) as path:
            stage = Path(path)
            yield stage
            for old in written_before(folder):
                old.unlink()
            # model.yaml comes last: with it the folder can be packed.
            for one in sorted(stage.iterdir(), key=lambda file: file.name == "model.yaml"):
                os.replace(one, folder / one.name)
    except BaseException:
        for one in made:
            with contextlib.suppress(OSError):
                one.rmdir()
        raise


def written_before(folder: Path) -> List[Path]:
    """What an earlier export wrote, which must not stay beside files of a later one."""
    path = folder / "model.yaml"
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    if not text.startswith("# Written by millrace_export.py"):
        return []
    names = re.findall(r"^(?:model|examples|reference): (?:\{ file: )?([\w.-]+)", text, re.M)
    return [folder / name for name in names if (folder / name).is_file()]


def write_tables(model: Any, X: Any, y: Any, folder: Path, examples: int, say: Callable[[str], None], manifest_of: Callable[[Draft, Any], str]) -> str:
    """Writes the model, examples.csv and reference.csv of a model of tables; returns the text of model.yaml."""
    table = Table(columns_for(model, X, y, say))
    if y is not None and len(y) != table.rows:
        raise ExportError(f"y has {len(y)} values, and X {table.rows} rows.")
    targets = [str(one) for one in y.columns] if is_frame(y) else []
    exported = EXPORTERS[family_of(model)](model, table, targets, folder, say)
    draft, answers = exported.draft, exported.answers
    columns = {field: table.values(table.names.index(field)) for field in draft.inputs}
    write_examples(folder / "examples.csv", columns, exported, examples)
    reference: Dict[str, Sequence[Any]] = dict(columns)
    for one in answers:
        reference[predicted(one.name, list(reference))] = one.values
    told = add_truth(reference, y, [one.name for one in answers])
    rows = chosen(MAX_REFERENCE_ROWS, range(table.rows))
    write_csv(folder / "reference.csv", {field: [values[row] for row in rows] for field, values in reference.items()})
    return manifest_of(draft, told)


def add_truth(reference: Dict[str, Sequence[Any]], y: Any, outputs: Sequence[str]) -> Any:
    """Columns of what was true. Returns how model.yaml names them: one, or one for each output that it is the truth of."""
    if y is None:
        return None
    if np.ndim(y) < 2 or np.shape(y)[1] == 1:
        name = free(str(getattr(y, "name", None) or "truth"), list(reference))
        reference[name] = [plain(value) for value in np.asarray(y).reshape(-1)]
        if len(outputs) == 1:
            return name
        # What was true of clusters, outliers and components, nobody knows: the column is kept beside them.
        return {"label": name} if "label" in outputs and "score" not in outputs else None
    found = [name for name in outputs if name.startswith("prediction") or name.endswith("_label")]
    if len(found) != np.shape(y)[1]:
        return None
    told = {}
    for at, output in enumerate(found):
        told[output] = free(f"truth_{output}", list(reference))
        reference[told[output]] = [plain(value) for value in np.asarray(y)[:, at]]
    return told


#: Names that say nothing of what a model is for.
SAYS_NOTHING = {"model", "models", "artifact", "artifacts", "data", "export", "exported", "output", "saved_model"}


def package_name(wanted: str) -> str:
    name = re.sub(r"[^a-z0-9._-]+", "-", wanted.lower())[:128]
    return re.sub(r"^[^a-z0-9]+|[^a-z0-9]+$", "", name) or "model"


def name_for(folder: Path) -> str:
    """The folder's name, or that of the nearest around it where it says nothing, as `millrace init` names a package."""
    around = [package_name(one) for one in reversed(folder.parts[-4:])]
    return next((one for one in around if one not in SAYS_NOTHING), around[0])


def write_examples(path: Path, columns: Dict[str, List[Any]], exported: Exported, count: int) -> None:
    """Rows of X with the library's answers, and rows that were made; all of them are held by `millrace pack`."""
    rows = chosen(count, [int(row) for row in np.flatnonzero(~exported.moved)])
    table = {name: [values[row] for row in rows] + [one.input[name] for one in exported.extra] for name, values in columns.items()}
    for answer in exported.answers:
        table[predicted(answer.name, table)] = [answer.values[row] for row in rows] + [one.output[answer.name] for one in exported.extra]
    write_csv(path, table)


def predicted(output: str, taken: Sequence[str]) -> str:
    return free(f"predicted_{output}", list(taken))


# --------------------------------------------------------------------------------------------------------- command line

HELP = """examples:
  python millrace_export.py model.pkl --data held-out.csv
      the columns that the model knows are its rows; the folder gets the name of the file
  python millrace_export.py model.joblib --data held-out.parquet --truth churned -o models/churn
      the column churned is what was true, kept in reference.csv
  python millrace_export.py net.pt --data held-out.npy
      a module that torch.save wrote whole, and rows as an array of any dimensions (or a table)
  python millrace_export.py sentiment.pkl --data reviews.csv --columns review --truth stars
      a model of one text, or of an array whose columns have no names

Then: millrace pack <folder>. In a notebook: from millrace_export import export; help(export)

A pickle is a program. Loading one runs whatever code is in it, so load only what you, or people you trust, have made,
in the environment where it was made.
"""


def load_model(path: Path) -> Any:
    """An object out of a pickle or a joblib file, or one that torch.save wrote whole."""
    if not path.exists():
        raise ExportError(f"There is no {path}.")
    if not path.is_file():
        raise ExportError(f"{path} is a folder: give the file of the model in it.")
    with path.open("rb") as file:
        head = file.read(4)
    print(f"loading {path}, which runs the code in it: it should be your own", file=sys.stderr)
    try:
        if head == b"PK\x03\x04":
            import torch

            return torch.load(path, map_location="cpu", weights_only=False)
        try:
            import joblib

            return joblib.load(path)
        except ImportError:
            import pickle

            with path.open("rb") as file:
                return pickle.load(file)
    except ModuleNotFoundError as error:
        raise ExportError(
            f"{path.name} was made with {error.name}, which is not installed here. Run this where the model was trained, or:\n"
            f"    pip install {str(error.name).split('.')[0]}"
        ) from error
    except Exception as error:  # noqa: BLE001  An unpickler raises what it likes.
        raise ExportError(f"{path.name} cannot be loaded ({type(error).__name__}: {error}). Is it a pickle, of the versions that are installed here?") from error


def load_data(path: Path) -> Any:
    if not path.exists():
        raise ExportError(f"There is no {path}: --data is a table of rows that the model was not trained with, as CSV or Parquet, or an array as .npy.")
    try:
        import pandas
    except ImportError as error:
        if path.suffix.lower() != ".npy":
            raise ExportError("Tables are read by pandas:\n    pip install pandas") from error
    ending = path.suffix.lower()
    try:
        if ending == ".npy":
            return np.load(path, allow_pickle=False)
        if ending in (".parquet", ".pq"):
            return pandas.read_parquet(path)
        if ending in (".ndjson", ".jsonl"):
            return pandas.read_json(path, lines=True)
        return pandas.read_csv(path)
    except Exception as error:  # noqa: BLE001  A reader raises what it likes.
        raise ExportError(f"{path.name} cannot be read as a table ({type(error).__name__}: {error}).") from error


def rows_for(model: Any, data: Any, truth: Optional[str], columns: Optional[Sequence[str]]) -> Any:
    """The columns of a table that a model takes, of the dtypes that it was trained with."""
    if not is_frame(data):
        if truth is not None or columns:
            raise ExportError("An array has no columns for --truth and --columns: give the data as CSV or Parquet.")
        return data
    if truth is not None and truth not in data.columns:
        raise ExportError(f"--truth {truth}: the data has no such column; it has {', '.join(map(str, data.columns[:20]))}.")
    names = names_of(model)
    given = [str(one) for one in data.columns]
    known_names = known_columns(model, given)
    if columns:
        wanted = list(columns)
    elif known_names is not None:
        wanted = known_names
    else:
        wanted = [one for at, one in enumerate(given) if one != truth and not is_index(one, data.iloc[:, at])]
        if getattr(model, "n_features_in_", None) == len(given) - (truth is not None):
            wanted = [one for one in given if one != truth]
        for one in given:
            if one != truth and one not in wanted:
                print(f"left out of the data: {json.dumps(one)}, the index of a table; --columns says otherwise")
    missing = [one for one in wanted if one not in given]
    if missing:
        raise ExportError(f"The data lacks {', '.join(missing[:8])}, which the model was trained with; it has {', '.join(given[:20])}.")
    rows = data[wanted].copy()
    known: Dict[int, Any] = {}
    if family_of(model) == "xgboost":
        types = (model.get_booster() if hasattr(model, "get_booster") else model).feature_types or []
        known = {at: None for at, one in enumerate(types) if one == "c"}
    for at, list_ in known.items():
        import pandas

        rows[wanted[at]] = pandas.Categorical(rows[wanted[at]], categories=list_)
    if any(type(part).__name__ in VECTORIZERS for part in list(parts_of(model))[:2]):
        if len(wanted) != 1:
            raise ExportError(f"The model takes one text: say which column it is with --columns; the data has {', '.join(given[:20])}.")
        return rows[wanted[0]]
    return rows if names and not columns or family_of(model) != "sklearn" else rows.to_numpy()


def main(argv: Optional[Sequence[str]] = None) -> int:
    parser = argparse.ArgumentParser(
        prog="millrace_export.py",
        description="From a pickled model to a folder that `millrace pack` packs: model file, model.yaml, golden examples from the library itself, reference.csv.",
        epilog=HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model", type=Path, help="a pickle, a joblib file or a .pt of your own: loading one runs the code in it")
    parser.add_argument("--data", type=Path, required=True, help="rows that the model was not trained with: CSV, Parquet or NDJSON; of an array .npy")
    parser.add_argument("--truth", metavar="column", help="the column that holds what was true")
    parser.add_argument("--columns", metavar="a,b", help="the columns that the model takes, in its order (default: those that it was trained with, or all but the truth)")
    parser.add_argument("-o", "--out", type=Path, help="the folder to write (default: one called as the model, beside it)")
    parser.add_argument("--name", help="the package's name (default: the folder's)")
    parser.add_argument("--version", default="0.1.0", help="the package's version (default: 0.1.0)")
    parser.add_argument("--examples", type=int, default=MAX_EXAMPLES, metavar="n", help=f"at most so many golden examples (default: {MAX_EXAMPLES:,})")
    parser.add_argument("--force", action="store_true", help="write over a model.yaml that is there")
    given = parser.parse_args(argv)
    try:
        model = load_model(given.model)
        data = load_data(given.data)
        columns = given.columns.split(",") if given.columns else None
        rows = rows_for(model, data, given.truth, columns)
        y = None if given.truth is None else data[given.truth]
        folder = given.out or given.model.with_suffix("")
        export(model, rows, y, folder, given.name, given.version, examples=given.examples, force=given.force)
    except ExportError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except Exception as error:  # noqa: BLE001  Of the library, which refuses rows in words of its own.
        print(f"error: the model does not take these rows ({type(error).__name__}: {error})", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""A trained model, the rows it is asked about, and what its library answers."""

import math
from pathlib import Path
from typing import Any, Callable, Dict, NamedTuple, Sequence

import numpy as np
from lines import IN_MEMORY, Lines


class Case(NamedTuple):
    name: str
    model: Any
    task: Any
    #: By output, as millrace_export.py names it: what the library answers for the rows held out.
    answers: Dict[str, Any]
    #: The lines that lead from the model to a file or a folder that Millrace takes.
    ways: Sequence[Lines] = (IN_MEMORY,)
    #: Whether Millrace promises the library's bits.
    exact: bool = False
    #: Labels as the library's own file has them, where it does not know their names: places of the classes.
    own_labels: Any = None
    #: Files of the model beside its pickle, by name, and how they are written.
    saves: Dict[str, Callable[[Path], Any]] = {}
    #: How joblib compresses the pickle.
    compress: Any = 0


def plain(value: Any) -> Any:
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(one) for one in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and math.isnan(value) else value


def classes(model: Any, X: Any) -> Dict[str, Any]:
    """The label, and the probability of each class."""
    found = model.predict_proba(X)
    names = [str(plain(one)).lower() if isinstance(plain(one), bool) else plain(one) for one in model.classes_]
    return {"label": model.predict(X), **{f"probability_{name}": found[:, at] for at, name in enumerate(names)}}


def by_place(case: Case) -> Case:
    """A case whose own file knows its classes by number alone."""
    places = {plain(one): at for at, one in enumerate(case.model.classes_)}
    return case._replace(own_labels=[places[one] for one in plain(case.answers["label"])])


def second(model: Any, X: Any) -> Dict[str, Any]:
    """The label, and the probability of the second of two classes."""
    return {"label": model.predict(X), "probability": model.predict_proba(X)[:, 1]}


def number(model: Any, X: Any) -> Dict[str, Any]:
    return {"prediction": np.asarray(model.predict(X))}


def several(prefix: str, values: Any) -> Dict[str, Any]:
    return {f"{prefix}_{at}": values[:, at] for at in range(values.shape[1])}

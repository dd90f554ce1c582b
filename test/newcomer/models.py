"""Trains a model of every sort, and writes for each what its library answers: models.py <folder> [name…].

By model: `<name>-own` has the file that the library itself writes (by way of skl2onnx where it writes none),
`<name>-exported` what millrace_export.py makes of it, and `<name>/held-out.json` the rows with the library's answers.
"""

import contextlib
import json
import sys
import warnings
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))

from boosted import boosted  # noqa: E402
from case import Case, plain  # noqa: E402
from millrace_export import export  # noqa: E402
from scikit import scikit  # noqa: E402


def columns_of(held) -> list:
    if hasattr(held, "columns"):
        return [str(name) for name in held.columns]
    return ["text"] if np.ndim(held) == 1 else [f"f{at}" for at in range(held.shape[1])]


def own_file(case: Case, folder: Path) -> str:
    """The library's own file, called as the model is: `init` names the package by it."""
    file = folder / case.own(folder)
    return file.rename(folder / f"{case.name}{file.suffix}").name


def write(case: Case, folder: Path) -> dict:
    """Returns what there is of a case, with what went wrong by the folder that it is about."""
    told: dict = {"name": case.name, "exact": case.exact, "failed": {}}
    held = case.task.held
    values = held.to_numpy(object) if hasattr(held, "to_numpy") else held
    rows = [plain(row) if np.ndim(held) > 1 else [row] for row in values]
    answers = {name: plain(values) for name, values in case.answers.items()}
    (folder / case.name).mkdir(parents=True)
    own = {**answers, **({} if case.own_labels is None else {"label": case.own_labels})}
    about = json.dumps({"columns": columns_of(held), "rows": rows, "answers": answers, "own": own})
    (folder / case.name / "held-out.json").write_text(about)

    def attempt(name: str, make) -> None:
        try:
            make(folder / name)
        except Exception as error:  # noqa: BLE001  Whatever it is, it is a failure of this model alone.
            told["failed"][name] = f"{type(error).__name__}: {error}"

    attempt(f"{case.name}-exported", lambda at: export(case.model, held, case.task.truth, at, say=lambda _: None))
    if case.own is not None:
        (folder / f"{case.name}-own").mkdir()
        attempt(f"{case.name}-own", lambda at: told.update(own=own_file(case, at)))
    return told


def main(folder: Path, names: list) -> None:
    warnings.simplefilter("ignore")
    with contextlib.redirect_stdout(sys.stderr):
        told = [write(case, folder) for case in [*scikit(), *boosted()] if not names or case.name in names]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "models.json").write_text(json.dumps(told))


main(Path(sys.argv[1]), sys.argv[2:])

"""Trains a model of every sort, and goes each way that the pages have for it: models.py <folder> [name…].

`pages.json` in the folder has the lines of the pages. A way is a folder with what its lines made of the model; lines of a shell
are left to check.ts. `<name>/held-out.json` has rows with the library's answers.
"""

import json
import shutil
import sys
import warnings
from pathlib import Path

import joblib
import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))

from boosted import boosted  # noqa: E402
from case import Case, plain  # noqa: E402
from files import files  # noqa: E402
from lines import IN_MEMORY, MODELS, WRITTEN, Lines, Pages  # noqa: E402
from scikit import scikit  # noqa: E402


def columns_of(held) -> list:
    if hasattr(held, "columns"):
        return [str(name) for name in held.columns]
    return ["text"] if np.ndim(held) == 1 else [f"f{at}" for at in range(held.shape[1])]


def table_of(held) -> pd.DataFrame:
    return held if hasattr(held, "columns") else pd.DataFrame(held, columns=columns_of(held))


def begin(case: Case, folder: Path) -> None:
    """What people have at hand: files of the model, and rows that were held out."""
    folder.mkdir(parents=True)
    joblib.dump(case.model, folder / "model.pkl", compress=case.compress)
    table_of(case.task.held).to_csv(folder / "held-out.csv", index=False)
    for name, save in case.saves.items():
        save(folder / name)


def go(case: Case, lines: Lines, pages: Pages, folder: Path) -> dict:
    """Returns what the lines made: a file that `init` takes, or a folder that `pack` takes."""
    begin(case, folder)
    if pages.is_shell(lines):
        return {}
    task = case.task
    pages.run(lines, folder, model=case.model, X_train=task.X, y_train=task.y, X_test=task.held, y_test=task.truth)
    # Names of packages come from a folder or a file, and every way is one of its own.
    made = folder / WRITTEN
    if made.exists():
        aside = folder.with_name(f"{folder.name}-written")
        made.rename(aside)
        shutil.rmtree(folder)
        aside.rename(folder)
        text = (folder / "model.yaml").read_text()
        (folder / "model.yaml").write_text(text.replace(f"\nname: {WRITTEN}\n", f"\nname: {folder.name}\n"))
        return {}
    file = next(name for name in MODELS if (folder / name).exists())
    return {"file": (folder / file).rename(folder / f"{folder.name}{Path(file).suffix}").name}


def write(case: Case, pages: Pages, folder: Path) -> list:
    """Returns the ways that were gone, with what went wrong."""
    held = case.task.held
    values = held.to_numpy(object) if hasattr(held, "to_numpy") else held
    rows = [plain(row) if np.ndim(held) > 1 else [row] for row in values]
    answers = {name: plain(values) for name, values in case.answers.items()}
    (folder / case.name).mkdir(parents=True)
    own = {**answers, **({} if case.own_labels is None else {"label": case.own_labels})}
    about = json.dumps({"columns": columns_of(held), "rows": rows, "answers": answers, "own": own})
    (folder / case.name / "held-out.json").write_text(about)
    told = []
    for lines in case.ways:
        by = "exported" if lines == IN_MEMORY else "by-script" if pages.is_shell(lines) else "by-hand"
        name = f"{case.name}-{by}"
        way = {"name": name, "title": lines.title, "at": lines.at, "heldOut": case.name, "exact": case.exact}
        try:
            way.update(go(case, lines, pages, folder / name))
        except Exception as error:  # noqa: BLE001  Whatever it is, it is a failure of this model alone.
            way.update(failed=f"{type(error).__name__}: {error}")
        told.append(way)
    return told


def main(folder: Path, names: list) -> None:
    warnings.simplefilter("ignore")
    pages = Pages(folder / "pages.json")
    told = [way for case in [*scikit(), *boosted(), *files()] if not names or case.name in names for way in write(case, pages, folder)]
    (folder / "ways.json").write_text(json.dumps(told))


main(Path(sys.argv[1]), sys.argv[2:])

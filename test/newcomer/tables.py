"""Data to train on: made from a seed, with missing values, texts and dates as real tables have them."""

import numpy as np
import pandas as pd

HELD_OUT = 200
ROWS = 900


class Task:
    """Rows to train with, and rows that are held out: the same ones for every model."""

    def __init__(self, X, y):
        self.X, self.y = X[:-HELD_OUT], y[:-HELD_OUT]
        self.held, self.truth = X[-HELD_OUT:], y[-HELD_OUT:]

    def having(self, columns):
        """The same rows of fewer columns."""
        task = Task.__new__(Task)
        task.X, task.held, task.y, task.truth = self.X[columns], self.held[columns], self.y, self.truth
        return task

    def asking(self, y):
        """The same rows with another question."""
        task = Task.__new__(Task)
        task.X, task.held, task.y, task.truth = self.X, self.held, y[:-HELD_OUT], y[-HELD_OUT:]
        return task


def customers():
    """A table of several kinds of columns; numbers and texts are missing here and there."""
    rng = np.random.default_rng(11)
    table = pd.DataFrame(
        {
            "Monthly Charges": rng.normal(65, 30, ROWS).round(2),
            "tenure": rng.integers(0, 72, ROWS),
            "payment": rng.choice(["cash", "credit card", "bank transfer", "café"], ROWS),
            "contract": rng.choice(["month", "year"], ROWS),
            "senior": rng.random(ROWS) < 0.2,
        }
    )
    churned = table["tenure"] - 20 * (table["contract"] == "month") + rng.normal(0, 10, ROWS) < 20
    table.loc[rng.random(ROWS) < 0.1, "Monthly Charges"] = np.nan
    table.loc[rng.random(ROWS) < 0.1, "payment"] = np.nan
    return table, churned.to_numpy()


def numbers():
    """Six features without names, and what follows from them: a number, and three classes."""
    rng = np.random.default_rng(12)
    X = rng.normal(size=(ROWS, 6))
    y = X @ rng.normal(size=6) + 0.5 * X[:, 0] * X[:, 1] + rng.normal(0, 0.1, ROWS)
    return X, y, np.array(["low", "middle", "high"])[np.digitize(y, [-1, 1])]


def reviews():
    """Short texts, and whether they are kind."""
    rng = np.random.default_rng(13)
    kind, unkind = ["great", "lovely", "superb", "Wow"], ["awful", "broken", "never", "bad"]
    other = ["the", "film", "was", "a", "Screen", "phone", "I", "it's", "2024"]
    is_kind = rng.random(ROWS) < 0.5
    texts = [
        " ".join(rng.choice([*(kind if one else unkind), *other], size=rng.integers(3, 12))) for one in is_kind
    ]
    return np.array(texts, dtype=object), np.where(is_kind, "kind", "unkind")

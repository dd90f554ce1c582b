"""Trains the benchmark model `trees-100x6`: 16 numbers, 100 LightGBM trees of depth 6, on seeded synthetic data.

python bench/models/train.py
"""

from __future__ import annotations

import sys
from pathlib import Path

import lightgbm as lgb
import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "examples" / "taxi"))

from lightgbm_onnx import lightgbm_to_onnx  # noqa: E402
from source_folder import write_source  # noqa: E402

FEATURES = 16
SEED = 20190301


def synthetic(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Features float32 [rows, 16] and a target with interactions, so that trees fill to their full depth."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, FEATURES)).astype(np.float32)
    y = (
        np.sin(x[:, 0] * 2) * x[:, 1]
        + np.abs(x[:, 2]) * (x[:, 3] > 0)
        + x[:, 4] * x[:, 5]
        + 0.5 * np.cos(x[:, 6] + x[:, 7])
        + x[:, 8:] @ np.linspace(0.1, 0.8, 8)
        + rng.normal(scale=0.1, size=rows)
    )
    return x, y


def main() -> None:
    x, y = synthetic(20_000, SEED)
    model = lgb.LGBMRegressor(
        n_estimators=100, max_depth=6, num_leaves=64, min_child_samples=1, learning_rate=0.1, random_state=SEED,
        n_jobs=1, deterministic=True, force_row_wise=True, verbose=-1,
    )  # fmt: skip
    model.fit(x, y)
    trees = model.booster_.dump_model()["tree_info"]
    print(f"{len(trees)} trees, {np.mean([t['num_leaves'] for t in trees]):.1f} leaves on average")

    test, truth = synthetic(2_000, SEED + 1)
    mae = float(np.mean(np.abs(model.predict(test) - truth)))
    naive = float(np.mean(np.abs(y.mean() - truth)))

    golden = np.vstack([
        synthetic(8, SEED + 2)[0],
        np.zeros((1, FEATURES), np.float32),
        np.full((1, FEATURES), 1e6, np.float32),
        np.full((1, FEATURES), -1e6, np.float32),
        np.eye(3, FEATURES, dtype=np.float32),
    ])  # fmt: skip
    names = [f"f{i}" for i in range(FEATURES)]
    examples = [
        {"input": dict(zip(names, row)), "output": {"score": score}}
        for row, score in zip(golden, model.predict(golden))
    ]
    manifest = {
        "name": "trees-100x6",
        "version": "1.0.0",
        "description": "Benchmark model: 16 numbers, 100 trees of depth 6",
        "license": "Apache-2.0",
        "model": "model.onnx",
        "intendedUse": "Measuring throughput and latency",
        "limitations": "Trained on synthetic data; its answers mean nothing",
        "tolerance": {"atol": 1e-5, "rtol": 1e-5},
        "provenance": {
            "trainer": f"LightGBM {lgb.__version__}",
            "data": f"synthetic, seed {SEED}",
            "metrics": {
                "mae": round(mae, 4),
                "mae_naive_mean": round(naive, 4),
                "rows_train": 20_000,
                "rows_test": 2_000,
            },
        },
        "inputs": {name: {"kind": "number"} for name in names},
        "outputs": {"score": {"kind": "number", "from": "variable", "at": 0}},
        "prepare": [{"concat": {"fields": names, "as": "input", "dtype": "float32"}}],
    }
    write_source(HERE / "trees-100x6", lightgbm_to_onnx(model, FEATURES, "trees-100x6"), manifest, examples)


if __name__ == "__main__":
    main()

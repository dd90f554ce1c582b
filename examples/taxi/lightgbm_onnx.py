"""LightGBM to ONNX with every branch taken as LightGBM takes it.

LightGBM compares a feature with a double; an ONNX tree on float32 input holds its thresholds as float32. The
converter rounds them to the nearest float32, so a value that lies between the two goes to the other leaf. For a
float32 value x and a double t, `x <= t` holds exactly when `x <= (the largest float32 not above t)`: rounding down
is exact, rounding to nearest is not. (Feed LightGBM the same float32 values when training and when comparing.)

This module converts with onnxmltools and then sets each threshold, and the branch that a missing value takes, from
the booster itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import lightgbm as lgb
import numpy as np
import onnx
from onnxmltools import convert_lightgbm
from onnxmltools.convert.common.data_types import FloatTensorType

from source_folder import OPSET

#: LightGBM reads a value this close to zero as zero (its kZeroThreshold, a float32).
ZERO = float(np.float32(1e-35))


def round_down(threshold: float) -> float:
    """The largest float32 that LightGBM sends left at `threshold`."""
    if -ZERO <= threshold < 0:
        return float(np.nextafter(np.float32(-ZERO), np.float32(-np.inf)))
    nearest = np.float32(threshold)
    return float(np.nextafter(nearest, np.float32(-np.inf)) if float(nearest) > threshold else nearest)


def lightgbm_to_onnx(model: lgb.LGBMModel, features: int, name: str, zipmap: bool = True) -> onnx.ModelProto:
    """An ONNX model with one float32 input `input` of shape [N, features]."""
    converted = convert_lightgbm(
        model,
        name=name,
        initial_types=[("input", FloatTensorType([None, features]))],
        target_opset=OPSET[""],
        zipmap=zipmap,
    )
    _exact_branches(converted, model.booster_.dump_model()["tree_info"])
    return converted


def _exact_branches(model: onnx.ModelProto, trees: Sequence[dict[str, Any]]) -> None:
    node = next(n for n in model.graph.node if n.op_type.startswith("TreeEnsemble"))
    attributes = {a.name: a for a in node.attribute}
    ints = {k: list(attributes[k].ints) for k in attributes if k.startswith("nodes_") and attributes[k].ints}
    modes = [m.decode() for m in attributes["nodes_modes"].strings]
    values = list(attributes["nodes_values"].floats)
    missing = ints["nodes_missing_value_tracks_true"]
    index = {key: i for i, key in enumerate(zip(ints["nodes_treeids"], ints["nodes_nodeids"]))}

    def walk(tree: int, at: int, source: dict[str, Any]) -> None:
        i = index[tree, at]
        if "split_feature" not in source:
            assert modes[i] == "LEAF"
            return
        assert ints["nodes_featureids"][i] == source["split_feature"]
        if source["decision_type"] == "==":
            # One ONNX node for each category of the set; all share the left child.
            for _ in str(source["threshold"]).split("||"):
                i = index[tree, at]
                assert modes[i] == "BRANCH_EQ"
                missing[i] = 0
                at = ints["nodes_falsenodeids"][i]
            walk(tree, ints["nodes_truenodeids"][i], source["left_child"])
            walk(tree, at, source["right_child"])
            return
        assert modes[i] == "BRANCH_LEQ"
        threshold = float(source["threshold"])
        assert values[i] == np.float32(threshold) or values[i] == round_down(threshold)
        values[i] = round_down(threshold)
        # Where training saw no missing value, LightGBM reads one as 0.
        assert source["missing_type"] in ("None", "NaN"), "zero_as_missing has no ONNX form"
        left = threshold >= 0 if source["missing_type"] == "None" else source["default_left"]
        missing[i] = int(left)
        walk(tree, ints["nodes_truenodeids"][i], source["left_child"])
        walk(tree, ints["nodes_falsenodeids"][i], source["right_child"])

    for tree, source in enumerate(trees):
        walk(tree, 0, source["tree_structure"])
    attributes["nodes_values"].floats[:] = values
    attributes["nodes_missing_value_tracks_true"].ints[:] = missing

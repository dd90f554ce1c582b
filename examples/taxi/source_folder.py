"""Writes what a trainer hands to Millrace: a folder with model.onnx, model.yaml and examples.json.

Used by every training script of this repository. Copy it next to your own.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx

import yaml

#: Operator sets and file version that old and new ONNX Runtimes read, native and in the browser.
OPSET = {"": 15, "ai.onnx.ml": 3}
IR_VERSION = 8
#: Labels and tables with more entries stand in a CSV file beside model.yaml, so that people can read both.
LONG = 12


class _Dumper(yaml.SafeDumper):
    """YAML with one line for each field and step, as a person would write it."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


class _Line(dict[str, Any]):
    """A mapping that is written on one line."""


_Dumper.add_representer(_Line, lambda d, value: d.represent_mapping("tag:yaml.org,2002:map", value, flow_style=True))
_Dumper.add_representer(
    float,
    lambda d, value: d.represent_scalar("tag:yaml.org,2002:float", _number_text(value)),
)


def _number_text(value: float) -> str:
    """The shortest text that reads back as the same float, in YAML 1.1 as well as 1.2."""
    text = repr(float(value))
    mantissa, exponent, power = text.partition("e")
    return text if not exponent or "." in mantissa else f"{mantissa}.0e{power}"


def _lines(manifest: Mapping[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, value in manifest.items():
        if key in ("inputs", "outputs"):
            out[key] = {name: _Line(field) for name, field in value.items()}
        elif key == "prepare":
            out[key] = [_Line(step) for step in value]
        elif isinstance(value, Mapping) and key in ("metadata", "tolerance"):
            out[key] = _Line(value)
        elif key == "provenance":
            out[key] = {k: _Line(v) if isinstance(v, Mapping) else v for k, v in value.items()}
        else:
            out[key] = value
    return out


def plain(value: Any) -> Any:
    """A NumPy or Python value as JSON data: NaN becomes null, floats keep every digit."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(item) for item in value]
    if isinstance(value, (np.bool_, bool)):
        return bool(value)
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, np.float32):
        # The shortest decimal that reads back as this float32, not its 17-digit double.
        value = float(str(value))
    if isinstance(value, (float, np.floating)):
        return None if math.isnan(value) else float(value)
    return value


def _csv(path: Path, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([names, *rows])
    return path.name


def _beside(folder: Path, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest with its long labels and tables written to files, by whose names it has them now."""
    out = dict(manifest)
    for part in ("inputs", "outputs"):
        out[part] = {name: dict(field) for name, field in manifest[part].items()}
        for name, field in out[part].items():
            if len(field.get("labels", ())) > LONG:
                field["labels"] = _csv(folder / f"{name}.csv", [name], ([label] for label in field["labels"]))
    if "prepare" in manifest:
        out["prepare"] = [{kind: dict(settings) for kind, settings in step.items()} for step in manifest["prepare"]]
        for settings in (settings for step in out["prepare"] for settings in step.values()):
            if len(settings.get("table", ())) > LONG:
                of, to = settings["of"], settings.get("as", settings["of"])
                settings["table"] = _csv(folder / f"{to}.csv", [of, to], settings["table"].items())
    return out


def write_source(
    folder: Path, model: onnx.ModelProto, manifest: Mapping[str, Any], examples: Sequence[Mapping[str, Any]]
) -> None:
    """Writes one package source folder; the same arguments give the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    model.ir_version = min(model.ir_version, IR_VERSION)
    model.graph.doc_string = model.doc_string = ""
    # Converters list these in the order of a set, which differs from run to run.
    opsets = sorted(((o.domain, o.version) for o in model.opset_import))
    del model.opset_import[:]
    model.opset_import.extend(onnx.helper.make_opsetid(domain, version) for domain, version in opsets)
    onnx.checker.check_model(model)
    (folder / "model.onnx").write_bytes(model.SerializeToString(deterministic=True))
    # A sample of data to compare with later, where somebody has put one beside the model.
    sample = {"reference": "reference.csv"} if (folder / "reference.csv").exists() else {}
    written = _lines(_beside(folder, {**manifest, **sample}))
    text = yaml.dump(
        written, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120, default_flow_style=False
    )
    (folder / "model.yaml").write_text(text, encoding="utf-8")
    rows = ",\n".join("  " + json.dumps(plain(example), ensure_ascii=False) for example in examples)
    (folder / "examples.json").write_text(f"[\n{rows}\n]\n", encoding="utf-8")

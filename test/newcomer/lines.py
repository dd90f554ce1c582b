"""The lines of README.md and docs/CONVERT.md, as check.ts has read them: run as they stand, in a folder with what they begin with."""

import contextlib
import io
import json
import os
from pathlib import Path
from typing import Any, NamedTuple

#: What lines may leave behind: a library's own file, or a folder that is ready to be packed.
MODELS = ("model.onnx", "model.ubj", "model.txt", "model.json")
WRITTEN = "churn"


class Lines(NamedTuple):
    """Where lines stand: under which heading, and which of its blocks they are."""

    title: str
    at: int = 0


#: Where a model is in memory.
IN_MEMORY = Lines("From any file to a model that runs")


class Pages:
    def __init__(self, path: Path) -> None:
        self.blocks = {Lines(one["title"], one["at"]): one for one in json.loads(path.read_text())}

    def is_shell(self, lines: Lines) -> bool:
        return self.blocks[lines]["language"] == "sh"

    def run(self, lines: Lines, folder: Path, **memory: Any) -> None:
        """Runs lines of Python in a folder, where these variables are in memory."""
        before = os.getcwd()
        os.chdir(folder)
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(self.blocks[lines]["code"], lines.title, "exec"), {"__name__": "__main__", **memory})
        finally:
            os.chdir(before)

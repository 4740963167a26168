"""Files of parameters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def load(filename: str) -> dict[str, Any]:
    """The keys of a JSON file but those with a blank, which are comments.

    A path that begins with ``ntwk/configs/`` and leads nowhere is looked for beside this package.
    """
    path = Path(filename)
    if not path.exists() and filename.startswith("ntwk/configs/"):
        path = Path(__file__).parents[1] / "configs" / filename.removeprefix("ntwk/configs/")
    keys = json.loads(path.read_text(encoding="utf-8"))
    return {key: value for key, value in keys.items() if " " not in key}

"""The public cases with verified numbers, P01 and on, by their ids."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

PUBLIC: dict[str, Any] = {
    case["id"]: case["expected"]
    for case in json.loads((Path(__file__).parent / "data" / "gt_public.json").read_text("utf-8"))
}

"""The whole gate, as the command line starts it."""

import json
from pathlib import Path
from typing import Any

from posegate.pipelines import __main__ as command
from posegate.pipelines import launch


def run(delivery: str, toml: str, output: str) -> dict[str, Any]:
    """Judges a delivery and says how many rows it has."""
    words = ["run", delivery, "--project", toml, "--output", output]
    code = command.main(words)
    if code not in (launch.ACCEPTED, launch.REFUSED):
        raise RuntimeError(f"exit {code}")
    (report,) = Path(output).glob("deliveries/*/runs/*/report.json")
    return {"rows": json.loads(report.read_bytes())["counts"]["instances"]}

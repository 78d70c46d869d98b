"""Commands as a user runs them, outside of the environment that the tests run in."""

import os
import pathlib
import subprocess
from typing import Any, List

TOP = pathlib.Path(__file__).resolve().parents[1]
DEPS = pathlib.Path(os.environ.get("SKEIN_DEPS", TOP / ".deps"))
LIMIT_S = 300  # of a command that compiles nothing


def run(command: List[str], limit_s: float = LIMIT_S, **options: Any) -> str:
    """Runs a command that must succeed and returns what it printed. Nothing of this process's Python reaches it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "LD_", "MAKE"))}
    environment.update(options.pop("environment", {}))
    options.update(stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment, check=False)
    result = subprocess.run(command, timeout=limit_s, **options)
    assert result.returncode == 0, f"{command} ended with {result.returncode}\n{result.stdout}\n{result.stderr}"
    return result.stdout


def make(target: str, prefix: pathlib.Path, destination: str = "") -> str:
    """Runs a target of the Makefile on a build that is finished. Returns what it printed."""
    command = ["make", target, f"PREFIX={prefix}", f"DESTDIR={destination}"]
    return run(command, cwd=TOP, environment={"SKEIN_DEPS": str(DEPS)})

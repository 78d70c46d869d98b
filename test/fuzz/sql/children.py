"""Runs a child process that says in a file which query it runs, until it ends or one query takes too long."""

import contextlib
import json
import os
import pathlib
import subprocess
import time
from typing import Any, Dict, List

from sql import runner

#: How long one query may take. Each run of it is interrupted far earlier (`runner.LIMIT_S`), but not all of DuckDB's
#: operators look whether they are: one that does not is ended with its process.
ALONE_LIMIT_S = 120.0
LIMIT_S = 1800.0  # with finding out what a difference is, and its smallest case


def is_stuck(state: pathlib.Path) -> bool:
    """Says whether the process that writes `state` has run one query for longer than any may take."""
    age_s = time.time() - state.stat().st_mtime
    return age_s > LIMIT_S or (age_s > ALONE_LIMIT_S and read(state)["line"].startswith(runner.ALONE))


def read(state: pathlib.Path) -> Dict[str, Any]:
    return dict(json.loads(state.read_text()))


def run_to_its_end(command: List[str], state: pathlib.Path) -> str:
    """Runs a child process. Says how it ended badly: empty if it did not."""
    environment = dict(os.environ, TMPDIR=str(state.parent))  # what it leaves goes with the folder
    with subprocess.Popen(command, env=environment) as child:
        try:
            while not is_stuck(state):
                with contextlib.suppress(subprocess.TimeoutExpired):
                    status = child.wait(timeout=1)
                    return f"ended with status {status}" if status else ""
            return "never ended"
        finally:
            child.kill()

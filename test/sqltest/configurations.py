"""Under what the scripts of test/sql run: a cluster, what is forced upon the planner, and how tables are stored."""

import hashlib
import subprocess
from typing import Dict, List, NamedTuple, Tuple


class Configuration(NamedTuple):
    name: str
    workers: int = 0  # 0: DuckDB without Skein
    flags: Tuple[str, ...] = ()  # of each worker
    settings: Tuple[Tuple[str, str], ...] = ()  # of the connection
    split_rows: int = 0  # rows of each file of a table; 0: it is cut into eight
    is_in_memory: bool = False  # tables stay in the client's process


SMALL_MEMORY = ("--memory", "64MiB", "--retained-memory", "1KB", "--input-queue", "1KB")

ALL = [
    Configuration("plain"),
    Configuration("four", workers=4),
    Configuration("broadcast", workers=4, settings=(("skein_join", "broadcast"), ("skein_aggregate", "partial"))),
    Configuration("repartition", workers=4, settings=(("skein_join", "repartition"), ("skein_aggregate", "partial"))),
    Configuration("raw", workers=4, settings=(("skein_join", "repartition"), ("skein_aggregate", "raw"))),
    Configuration("memory", workers=4, is_in_memory=True),
    Configuration("one", workers=1),
    Configuration("two", workers=2, split_rows=100),
    Configuration("seven", workers=7),
    Configuration("rows1", workers=3, split_rows=1),
    Configuration("rows3", workers=3, split_rows=3),
    Configuration("spill", workers=3, flags=SMALL_MEMORY, settings=(("skein_join", "repartition"),)),
]
BY_NAME: Dict[str, Configuration] = {configuration.name: configuration for configuration in ALL}


def commit() -> str:
    """Returns the commit of the working tree; 'none' outside of a repository."""
    found = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    return found.stdout.strip() or "none"


def chosen(wish: str, script: str, of_commit: str) -> List[Tuple[Configuration, str]]:
    """Returns the configurations of a script, each with the name that its test gets. `wish` is `some` (plain DuckDB,
    four workers, and one more that file name and commit choose), `all`, or names."""
    if wish == "all":
        return [(configuration, configuration.name) for configuration in ALL]
    if wish != "some":
        unknown = set(wish.split(",")) - set(BY_NAME)
        if unknown:
            raise ValueError(f"no such configuration: {', '.join(sorted(unknown))}; there are {', '.join(BY_NAME)}")
        return [(BY_NAME[name], name) for name in wish.split(",")]
    others = [configuration for configuration in ALL if configuration.name not in ("plain", "four")]
    number = int(hashlib.sha256(f"{script} {of_commit}".encode()).hexdigest(), 16)
    one = others[number % len(others)]
    return [(BY_NAME[name], name) for name in ("plain", "four")] + [(one, f"{one.name} by {of_commit[:7]}")]

"""What a query may leave behind: tasks, files, threads, descriptors. For tests of statements that fail."""

import dataclasses
import pathlib
import re
from typing import Any, Callable, List, Tuple

import duckdb
import processes

SETTLE_S = 5
#: The rows of a statement, or the class and the text of its error.
Outcome = Tuple[type, Any]


@dataclasses.dataclass(frozen=True)
class Footprint:
    """Of the client and its workers together."""

    threads: int
    descriptors: int
    files: Tuple[str, ...]
    running_tasks: int

    def is_within(self, other: "Footprint") -> bool:
        return (
            self.threads <= other.threads
            and self.descriptors <= other.descriptors
            and self.files == other.files
            and self.running_tasks == 0
        )


def footprint(connection: duckdb.DuckDBPyConnection, temp_dir: pathlib.Path) -> Footprint:
    everyone: List[Any] = ["self", *processes.worker_pids(connection)]
    running = "SELECT (SELECT count(*) FROM skein_tasks() WHERE state = 'running') + sum(tasks) FROM skein_workers()"
    return Footprint(
        threads=sum(map(processes.thread_count, everyone)),
        descriptors=sum(map(processes.descriptor_count, everyone)),
        files=tuple(sorted(map(str, temp_dir.rglob("*")))),
        running_tasks=connection.execute(running).fetchone()[0],
    )


def without_numbers(found: Outcome) -> Outcome:
    """Two errors are the same if they differ only in amounts and in the names of private directories."""
    kind, value = found
    if isinstance(value, str):
        value = re.sub(r"skein-worker-\w+-\w+|[0-9][\w.]*( [KMG]iB| bytes)?", "#", value)
    return kind, value


def outcome(connection: duckdb.DuckDBPyConnection, sql: str) -> Outcome:
    try:
        return list, connection.execute(sql).fetchall()
    except duckdb.Error as error:
        return type(error), str(error)


def growth(before: Footprint, now: Footprint) -> str:
    grown = f"threads {before.threads} -> {now.threads}, descriptors {before.descriptors} -> {now.descriptors}"
    return f"{grown}, tasks {now.running_tasks}, files {set(now.files) ^ set(before.files)}"


def settles(connection: duckdb.DuckDBPyConnection, temp_dir: pathlib.Path, body: Callable[[], None]) -> str:
    """Runs `body` until it leaves nothing, at most four times: libraries keep a thread or a connection now and then for
    the life of the process, but not each time. Returns nothing, or what the last time left."""
    left = ""
    for _ in range(4):
        processes.eventually(lambda: footprint(connection, temp_dir).running_tasks == 0)
        before = footprint(connection, temp_dir)
        body()
        if processes.eventually(lambda: footprint(connection, temp_dir).is_within(before), SETTLE_S):
            return ""
        left = growth(before, footprint(connection, temp_dir))
    return left


def outcome_of_runs(connection: duckdb.DuckDBPyConnection, temp_dir: pathlib.Path, sql: str) -> Outcome:
    """Runs the statement several times and returns what came of it: the same each time, with nothing left afterwards, a
    table in memory readable and the cluster at work."""
    connection.execute("CREATE OR REPLACE TABLE mine AS SELECT 42 AS answer")
    first = outcome(connection, sql)

    def run_again() -> None:
        assert without_numbers(outcome(connection, sql)) == without_numbers(first)

    assert not settles(connection, temp_dir, run_again)
    assert connection.execute("SELECT sum(answer) FROM mine").fetchall() == [(42,)]
    return first

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

OF_THE_CLUSTER = """SELECT (SELECT count(*) FROM skein_tasks() WHERE state IN ('running', 'waiting'))
                             + coalesce(sum(tasks), 0),
                           coalesce(sum(retained_bytes), 0) FROM skein_workers()"""
# Of the query that asks itself, DuckDB holds as much each time.
OF_DUCKDB = """SELECT (SELECT coalesce(sum(size), 0) FROM duckdb_temporary_files()), sum(memory_usage_bytes)
               FROM duckdb_memory() WHERE tag NOT IN ('BASE_TABLE', 'IN_MEMORY_TABLE', 'METADATA')"""


@dataclasses.dataclass(frozen=True)
class Footprint:
    """Of the client and its workers together."""

    threads: int
    descriptors: int
    files: Tuple[str, ...]
    running_tasks: int
    retained_bytes: int  # output that workers keep for readers
    temporary_bytes: int  # of the client's DuckDB, on disk
    pinned_bytes: int  # of the client's DuckDB, in memory, without its tables

    def is_within(self, other: "Footprint") -> bool:
        return (
            self.threads <= other.threads
            and self.descriptors <= other.descriptors
            and self.files == other.files
            and self.running_tasks == 0
            and self.retained_bytes == 0
            and self.temporary_bytes <= other.temporary_bytes
            and self.pinned_bytes <= other.pinned_bytes
        )


def footprint(connection: duckdb.DuckDBPyConnection, temp_dir: pathlib.Path) -> Footprint:
    everyone: List[Any] = ["self", *processes.worker_pids(connection)]
    running, retained = connection.execute(OF_THE_CLUSTER).fetchone()
    temporary, pinned = connection.execute(OF_DUCKDB).fetchone()
    return Footprint(
        threads=sum(map(processes.thread_count, everyone)),
        descriptors=sum(map(processes.descriptor_count, everyone)),
        files=tuple(sorted(map(str, temp_dir.rglob("*")))),
        running_tasks=running,
        retained_bytes=retained,
        temporary_bytes=temporary,
        pinned_bytes=pinned,
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
    pinned = f"pinned {before.pinned_bytes} -> {now.pinned_bytes}"
    kept = f"retained {now.retained_bytes}, temporary {now.temporary_bytes}, {pinned}"
    return f"{grown}, tasks {now.running_tasks}, {kept}, files {set(now.files) ^ set(before.files)}"


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

"""Cancellation at any moment ends the query soon and leaves nothing: no task, unit, thread, descriptor or file."""

import os
import random
import threading
import time
from typing import Callable, Dict, Iterator, List, NamedTuple, Tuple

import duckdb
import processes
import pytest

Connect = Callable[..., duckdb.DuckDBPyConnection]

# 200 is a thorough run: SKEIN_CANCELLATIONS=200. On a machine that does nothing else 1 s is kept.
CANCELLATIONS = int(os.environ.get("SKEIN_CANCELLATIONS", "60"))
SEED = int(os.environ.get("SKEIN_SEED", "20261121"))
LIMIT_S = float(os.environ.get("SKEIN_CANCEL_LIMIT_S", "5"))
POOLED = ("grpc", "event_engine", "jemalloc", "lifeguard")  # names of threads
QUERIES = ("q1", "q9", "q18", "q21")
STREAM = "SELECT l_orderkey, l_comment FROM lineitem"  # many blocks, of which a client may read few


class Census(NamedTuple):
    """What a client and its workers hold: by process the numbers of threads and descriptors, and the files on disk."""

    threads: Tuple[int, ...]
    pooled_threads: Tuple[int, ...]  # of libraries: calls and streams are served by some of them
    descriptors: Tuple[int, ...]
    files: Tuple[str, ...]

    @staticmethod
    def take(pids: List[int]) -> "Census":
        everyone = [os.getpid(), *pids]
        names = [processes.thread_names(pid) for pid in everyone]
        pooled = [sum(name.startswith(POOLED) for name in of_process) for of_process in names]
        return Census(
            threads=tuple(len(all_names) - count for all_names, count in zip(names, pooled)),
            pooled_threads=tuple(pooled),
            descriptors=tuple(len(os.listdir(f"/proc/{pid}/fd")) for pid in everyone),
            files=tuple(str(file) for pid in pids for file in processes.private_files(pid)),
        )

    def is_within(self, other: "Census") -> bool:
        # The pools of gRPC grow and shrink by a few threads for minutes.
        limits = (*other.threads, *(count + 3 for count in other.pooled_threads), *other.descriptors)
        mine = (*self.threads, *self.pooled_threads, *self.descriptors)
        return all(have <= limit for have, limit in zip(mine, limits)) and set(self.files) <= set(other.files)


@pytest.fixture
def connection(connect: Connect) -> Iterator[duckdb.DuckDBPyConnection]:
    yield connect("local:2")


def is_idle(connection: duckdb.DuckDBPyConnection) -> bool:
    """Says whether no task runs, as the client knows it and as the workers say, and no worker keeps any output."""
    sql = """SELECT (SELECT count(*) FROM skein_tasks() WHERE state IN ('running', 'waiting')),
                    (SELECT sum(tasks) FROM skein_workers()), (SELECT sum(retained_bytes) FROM skein_workers())"""
    return connection.execute(sql).fetchone() == (0, 0, 0)


def interrupt(connection: duckdb.DuckDBPyConnection, sql: str, delay_s: float) -> float:
    """Interrupts the statement after a while; returns how long its end took then, 0 where it had ended."""
    interrupted: List[float] = []

    def fire() -> None:
        interrupted.append(time.monotonic())
        connection.interrupt()

    timer = threading.Timer(delay_s, fire)
    timer.start()
    try:
        connection.execute(sql).fetchall()
    except duckdb.InterruptException:
        return time.monotonic() - interrupted[0]
    finally:
        timer.cancel()
        timer.join()
    return 0.0


def drop(connection: duckdb.DuckDBPyConnection, sql: str, rows: int) -> float:
    """Reads some rows of a statement, then drops its cursor; returns how long that took."""
    cursor = connection.cursor()
    cursor.execute("SET skein_mode = 'distributed'")
    cursor.execute(sql)
    cursor.fetchmany(rows)
    begun = time.monotonic()
    cursor.close()
    del cursor
    return time.monotonic() - begun


def test_cancellations_at_random_moments_are_prompt_and_leave_nothing(
    connection: duckdb.DuckDBPyConnection, tpch_queries: Dict[str, str]
) -> None:
    source = random.Random(SEED)
    durations: Dict[str, float] = {}
    for name in QUERIES:  # libraries keep some threads and descriptors from the first use on
        begun = time.monotonic()
        connection.execute(tpch_queries[name]).fetchall()
        durations[name] = time.monotonic() - begun
        interrupt(connection, tpch_queries[name], durations[name] / 2)
    drop(connection, STREAM, 10)
    pids = processes.worker_pids(connection)
    assert processes.eventually(lambda: is_idle(connection))
    before = Census.take(pids)
    slowest = 0.0
    for _ in range(CANCELLATIONS):
        if source.random() < 0.2:
            took = drop(connection, STREAM, source.choice([1, 3000, 100_000]))
        else:
            name = source.choice(QUERIES)
            took = interrupt(connection, tpch_queries[name], source.uniform(0, durations[name]))
        slowest = max(slowest, took)
    print(f"slowest of {CANCELLATIONS} cancellations: {slowest:.3f} s")
    assert slowest < LIMIT_S
    assert processes.worker_pids(connection) == pids
    assert processes.eventually(lambda: is_idle(connection))
    assert processes.eventually(lambda: Census.take(pids).is_within(before), 10), (before, Census.take(pids))


def test_closing_in_the_middle_of_a_result_leaves_nothing(connect: Connect) -> None:
    def open_and_close() -> None:
        connection = connect("local:2")
        connection.execute(STREAM)
        connection.fetchmany(10)
        pids = processes.worker_pids(connection.cursor())
        folders = [folder for pid in pids for folder in processes.private_folders(pid)]
        workers = processes.Watch(pids)
        connection.close()
        assert workers.all_end_within(10)
        assert not [folder for folder in folders if folder.exists()]

    open_and_close()  # libraries keep a few for the life of the process
    before = Census.take([])
    for _ in range(5):
        open_and_close()
    assert processes.eventually(lambda: Census.take([]).is_within(before), 10), (before, Census.take([]))


def test_interrupt_ends_a_query_whose_producer_is_stopped(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(STREAM + " LIMIT 1").fetchall()
    stopped = processes.worker_pids(connection)[1]
    with processes.stopped(stopped):
        took = interrupt(connection, STREAM + " ORDER BY ALL", 0.3)
    assert 0 < took < LIMIT_S


def test_a_dropped_cursor_does_not_wait_for_a_stopped_producer(connection: duckdb.DuckDBPyConnection) -> None:
    cursor = connection.cursor()
    cursor.execute("SET skein_mode = 'distributed'")
    cursor.execute(STREAM)
    cursor.fetchmany(10)
    pids = processes.worker_pids(connection)
    begun = time.monotonic()
    with processes.stopped(pids[0]), processes.stopped(pids[1]):
        cursor.close()
        took = time.monotonic() - begun
    assert took < LIMIT_S
    assert processes.eventually(lambda: is_idle(connection))

"""Statements with a limit of time, and what Skein keeps of the newest of them."""

import contextlib
import threading
from typing import Iterator, List, NamedTuple

import duckdb
import tpch

LIMIT_S = 600.0  # of one query


class Work(NamedTuple):
    """What the cluster did for one statement."""

    state: str
    stages: int
    shuffle_bytes: int


@contextlib.contextmanager
def limit(connection: duckdb.DuckDBPyConnection, seconds: float = LIMIT_S) -> Iterator[None]:
    """Interrupts what `connection` runs when the time is over."""
    timer = threading.Timer(seconds, connection.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def rows_of(connection: duckdb.DuckDBPyConnection, sql: str) -> List[tpch.Row]:
    with limit(connection):
        return connection.execute(sql).fetchall()


def works(connection: duckdb.DuckDBPyConnection) -> List[Work]:
    """Returns what skein_queries() says, the newest last. It keeps the last 100."""
    rows = connection.execute("SELECT state, stages, shuffle_bytes FROM skein_queries()").fetchall()
    return [Work(*row) for row in rows]

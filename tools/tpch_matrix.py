"""Proves TPC-H equal to DuckDB under configurations: clusters, each with several ways of the planner.

A configuration is a cluster and what is forced upon the planner by SET, so all ways of one cluster share its workers.
Splits need no configuration: each is one row group. The oracle's answers are computed once.
"""

import contextlib
import functools
import json
import pathlib
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Set

import duckdb
import limited
import tpch

import skein

Answers = Dict[str, List[tpch.Row]]
#: Says whether rows are right.
Check = Callable[[List[tpch.Row]], bool]

#: Numbers of workers, and workers with so little memory that exchanges and joins spill.
CLUSTERS = ["local:1", "local:2", "local:3", "local:4", "local:3?memory=256MB"]


class Way(NamedTuple):
    """What is forced upon the planner: skein_join and skein_aggregate."""

    join: str
    aggregate: str


WAYS = [
    Way("auto", "auto"),
    Way("broadcast", "auto"),
    Way("repartition", "auto"),
    Way("auto", "raw"),
    Way("repartition", "raw"),
]


def duckdb_answers(data: pathlib.Path) -> Answers:
    """Returns what DuckDB without Skein answers to each query."""
    with duckdb.connect() as plain:
        tpch.create_views(plain, data)
        return {name: limited.rows_of(plain, sql) for name, sql in tpch.queries().items()}


@contextlib.contextmanager
def open_cluster(cluster: str, data: pathlib.Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with skein.connect(cluster) as connection:
        connection.execute("SET enable_progress_bar = false").execute("SET skein_mode = 'distributed'")
        tpch.create_views(connection, data)
        yield connection


def differences(connection: duckdb.DuckDBPyConnection, way: Way, expected: Answers) -> List[str]:
    """Runs what is expected in one way; returns a line for each query with another answer, an error, or a part that ran
    in the client."""
    texts = tpch.queries()
    checks = {name: functools.partial(tpch.same_answer, texts[name], rows) for name, rows in expected.items()}
    return failed_checks(connection, way, texts, checks)


def failed_checks(
    connection: duckdb.DuckDBPyConnection, way: Way, texts: Dict[str, str], checks: Dict[str, Check]
) -> List[str]:
    """Does the same for any queries, each with a check of its rows."""
    connection.execute(f"SET skein_join = '{way.join}'").execute(f"SET skein_aggregate = '{way.aggregate}'")
    lines = []
    for name, is_right in checks.items():
        try:
            found = _what_is_wrong(connection, texts[name], is_right)
        except duckdb.Error as error:
            found = f"{type(error).__name__}: {error}".splitlines()[0]
        if found:
            lines.append(f"{name}: {found}")
    return lines


def client_operators(connection: duckdb.DuckDBPyConnection, sql: str) -> List[str]:
    """Returns the operators that the client runs itself: all in its plan but the one that stands for the cluster."""
    (_, text), *_ = connection.execute(f"EXPLAIN (FORMAT json) {sql}").fetchall()
    return [name for plan in json.loads(text) for name in _operator_names(plan) if name != "SKEIN_REMOTE"]


def _what_is_wrong(connection: duckdb.DuckDBPyConnection, sql: str, is_right: Check) -> str:
    local = client_operators(connection, sql)
    if local:
        return f"the client runs {', '.join(local)}"
    before = _query_ids(connection)
    rows = limited.rows_of(connection, sql)
    if not _query_ids(connection) - before:
        return "not distributed"
    return "" if is_right(rows) else f"another answer than DuckDB's ({len(rows)} rows)"


def _query_ids(connection: duckdb.DuckDBPyConnection) -> Set[str]:
    return {query for (query,) in connection.execute("SELECT query FROM skein_queries()").fetchall()}


def _operator_names(plan: Dict[str, Any]) -> Iterator[str]:
    yield plan["name"]
    for child in plan["children"]:
        yield from _operator_names(child)

"""Proves TPC-DS equal to DuckDB under configurations, as tpch_matrix.py does for TPC-H: on all its clusters, in two
ways of the planner. What ORDER BY and LIMIT leave open is compared as tied_answers.py says."""

import contextlib
import functools
import pathlib
from typing import Dict, Iterator, List

import duckdb
import skein
import tied_answers
import tpcds
import tpch_matrix
from tpch_matrix import CLUSTERS, Way

Answers = Dict[str, tied_answers.Answer]

__all__ = ["CLUSTERS", "WAYS", "differences", "duckdb_answers", "open_cluster"]

WAYS = [Way("auto", "auto"), Way("repartition", "raw")]


def duckdb_answers(data: pathlib.Path) -> Answers:
    """Returns what DuckDB without Skein allows as answers."""
    with duckdb.connect() as plain:
        tpcds.create_views(plain, data)
        return {name: tied_answers.answer_of(plain, sql) for name, sql in tpcds.queries().items()}


@contextlib.contextmanager
def open_cluster(cluster: str, data: pathlib.Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with skein.connect(cluster) as connection:
        connection.execute("SET enable_progress_bar = false").execute("SET skein_mode = 'distributed'")
        tpcds.create_views(connection, data)
        yield connection


def differences(connection: duckdb.DuckDBPyConnection, way: Way, expected: Answers) -> List[str]:
    """Returns a line for each query with a wrong answer, an error, or a part that ran in the client."""
    checks = {name: functools.partial(tied_answers.is_right, expected=answer) for name, answer in expected.items()}
    return tpch_matrix.failed_checks(connection, way, tpcds.queries(), checks)

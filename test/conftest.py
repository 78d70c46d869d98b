"""Fixtures of all tests that go through SQL: TPC-H and TPC-DS data, and connections that are closed at the end.
After each test of test/python and test/cluster, nothing may be left (leftovers.py)."""

import pathlib
from typing import Any, Callable, Dict, Iterator, List

import duckdb
import pytest
import skein
import tpcds
import tpch
from leftovers import (  # noqa: F401: pytest finds its hooks here
    pytest_runtest_call,
    pytest_runtest_setup,
    pytest_runtest_teardown,
    pytest_sessionstart,
    pytest_unconfigure,
)

Connect = Callable[..., duckdb.DuckDBPyConnection]


@pytest.fixture(scope="session")
def tpch_folder() -> pathlib.Path:
    """TPC-H at scale factor 0.1, made once and kept in the build folder."""
    folder = pathlib.Path(__file__).parent.parent / "build" / "test-data" / "tpch-0.1"
    tpch.generate(0.1, folder)
    return folder


@pytest.fixture(scope="session")
def tpch_small_folder() -> pathlib.Path:
    """The same at scale factor 0.01."""
    folder = pathlib.Path(__file__).parent.parent / "build" / "test-data" / "tpch-0.01"
    tpch.generate(0.01, folder)
    return folder


@pytest.fixture(scope="session")
def tpcds_folder() -> pathlib.Path:
    """TPC-DS at scale factor 0.1, made once and kept in the build folder."""
    folder = pathlib.Path(__file__).parent.parent / "build" / "test-data" / "tpcds-0.1"
    tpcds.generate(0.1, folder)
    return folder


@pytest.fixture(scope="session")
def tpch_queries() -> Dict[str, str]:
    return tpch.queries()


@pytest.fixture(scope="session")
def duckdb_answers(tpch_folder: pathlib.Path, tpch_queries: Dict[str, str]) -> Dict[str, List[tpch.Row]]:
    """What DuckDB without Skein answers to each query."""
    with duckdb.connect() as plain:
        tpch.create_views(plain, tpch_folder)
        return {name: plain.execute(sql).fetchall() for name, sql in tpch_queries.items()}


@pytest.fixture
def connect(tpch_folder: pathlib.Path) -> Iterator[Connect]:
    """Opens connections in which every query that can be distributed is, with the TPC-H tables as views."""
    opened: List[duckdb.DuckDBPyConnection] = []

    def open_connection(cluster: str = "local:2", **options: Any) -> duckdb.DuckDBPyConnection:
        connection = skein.connect(cluster, **options)
        opened.append(connection)
        connection.execute("SET skein_mode = 'distributed'")
        tpch.create_views(connection, tpch_folder)
        return connection

    yield open_connection
    for connection in opened:
        connection.close()

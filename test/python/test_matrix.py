"""TPC-H at a small scale, under every way of the planner, with and without memory: every answer equals DuckDB's.

`make test-matrix` does the same with one to four workers, at any scale factor."""

import pathlib
from typing import Iterator

import duckdb
import pytest
import tpch_matrix
from tpch_matrix import Way


@pytest.fixture(scope="module")
def expected(tpch_small_folder: pathlib.Path) -> tpch_matrix.Answers:
    return tpch_matrix.duckdb_answers(tpch_small_folder)


@pytest.fixture(scope="module", params=["local:3?threads=1", "local:3?threads=1&memory=256MB"])
def cluster(request: pytest.FixtureRequest, tpch_small_folder: pathlib.Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with tpch_matrix.open_cluster(request.param, tpch_small_folder) as connection:
        yield connection


@pytest.mark.parametrize("way", tpch_matrix.WAYS, ids=lambda way: f"{way.join}-{way.aggregate}")
def test_all_queries_give_the_answers_of_duckdb(
    cluster: duckdb.DuckDBPyConnection, way: Way, expected: tpch_matrix.Answers
) -> None:
    assert tpch_matrix.differences(cluster, way, expected) == []


def test_another_answer_is_a_difference(cluster: duckdb.DuckDBPyConnection) -> None:
    (line,) = tpch_matrix.differences(cluster, Way("auto", "auto"), {"q6": [(0,)]})
    assert line == "q6: another answer than DuckDB's (1 rows)"


def test_a_query_that_fails_is_a_difference(
    cluster: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tpch_matrix.tpch, "queries", lambda: {"q6": "SELECT error(n_name) FROM nation"})
    (line,) = tpch_matrix.differences(cluster, Way("auto", "auto"), {"q6": []})
    assert line.startswith("q6: InvalidInputException")


def test_an_operator_in_the_client_is_noticed(cluster: duckdb.DuckDBPyConnection) -> None:
    sql = "SELECT * FROM orders"
    assert tpch_matrix.client_operators(cluster, sql) == []
    cluster.execute("SET skein_mode = 'local'")
    assert tpch_matrix.client_operators(cluster, sql) == ["READ_PARQUET"]
    cluster.execute("SET skein_mode = 'distributed'")

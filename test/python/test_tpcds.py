"""TPC-DS: every answer is one that DuckDB gives, made by four workers with nothing left for the client."""

import pathlib
from typing import Dict, Iterator

import duckdb
import pytest
import skein
import tied_answers
import tpcds
import tpch_matrix

QUERIES = [f"q{number}" for number in range(1, 100)]


@pytest.fixture(scope="module")
def texts() -> Dict[str, str]:
    return tpcds.queries()


@pytest.fixture(scope="module")
def plain(tpcds_folder: pathlib.Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        tpcds.create_views(connection, tpcds_folder)
        yield connection


@pytest.fixture(scope="module")
def cluster(tpcds_folder: pathlib.Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with skein.connect("local:4?threads=1") as connection:
        connection.execute("SET skein_mode = 'distributed'")
        tpcds.create_views(connection, tpcds_folder)
        yield connection


@pytest.mark.parametrize("name", QUERIES)
def test_answer_is_one_of_duckdb(
    cluster: duckdb.DuckDBPyConnection, plain: duckdb.DuckDBPyConnection, name: str, texts: Dict[str, str]
) -> None:
    expected = tied_answers.answer_of(plain, texts[name])
    assert tied_answers.is_right(cluster.execute(texts[name]).fetchall(), expected)


@pytest.mark.parametrize("name", QUERIES)
def test_client_runs_nothing_itself(cluster: duckdb.DuckDBPyConnection, name: str, texts: Dict[str, str]) -> None:
    assert tpch_matrix.client_operators(cluster, texts[name]) == []

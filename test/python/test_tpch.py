"""TPC-H: every answer equals DuckDB's, whatever the number of workers."""

import pathlib
from typing import Dict, Iterator, List

import duckdb
import pytest
import skein
import tpch


@pytest.fixture(scope="module", params=[1, 2, 4], ids=lambda count: f"workers={count}")
def cluster(request: pytest.FixtureRequest, tpch_folder: pathlib.Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with skein.connect(f"local:{request.param}") as connection:
        connection.execute("SET skein_mode = 'distributed'")
        tpch.create_views(connection, tpch_folder)
        yield connection


@pytest.mark.parametrize("name", [f"q{number}" for number in range(1, 23)])
def test_answer_is_that_of_duckdb(
    cluster: duckdb.DuckDBPyConnection,
    name: str,
    tpch_queries: Dict[str, str],
    duckdb_answers: Dict[str, List[tpch.Row]],
) -> None:
    before = {query for (query,) in cluster.execute("SELECT query FROM skein_queries()").fetchall()}
    sql = tpch_queries[name]
    assert tpch.same_answer(sql, cluster.execute(sql).fetchall(), duckdb_answers[name])
    states = cluster.execute("SELECT query, state, stages FROM skein_queries()").fetchall()
    new = [(state, stages) for query, state, stages in states if query not in before]
    assert new, "the query was not distributed"
    assert all(state == "finished" and stages >= 1 for state, stages in new)

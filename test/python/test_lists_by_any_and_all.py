"""ANY and ALL over lists: DuckDB's answer depends on the order of the rows, and Skein gives the same one."""

import pathlib

import duckdb
import pytest
import skein

QUESTIONS = [
    f"SELECT i, {value} {comparison} (SELECT {other} FROM range(3, 5) r(j)) FROM {source} ORDER BY i"
    for comparison in ("<> ANY", "= ALL", "< ANY", "<= ALL", "> ALL", ">= ANY")
    for value, other in (("l", "[j]"), ("{'a': l}", "{'a': [j]}"))
    for source in ("p", "t", "(SELECT p.i, p.l FROM p JOIN p q USING (i))", "(SELECT * FROM p ORDER BY i DESC)")
]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    path: pathlib.Path = tmp_path_factory.mktemp("lists") / "rows.parquet"
    data = duckdb.sql("SELECT i, CASE WHEN i % 7 = 3 THEN NULL ELSE [i % 5] END l FROM range(60) r(i)")
    data.write_parquet(str(path))
    return path


def prepare(connection: duckdb.DuckDBPyConnection, path: pathlib.Path) -> duckdb.DuckDBPyConnection:
    connection.execute("SET threads = 1").execute(f"CREATE VIEW p AS FROM '{path}'")
    return connection.execute("CREATE TABLE t AS FROM p")


def test_the_answer_is_that_of_duckdb_right_or_wrong(rows: pathlib.Path) -> None:
    with duckdb.connect() as alone, skein.connect("local:3") as cluster:
        prepare(alone, rows)
        prepare(cluster, rows).execute("SET skein_mode = 'distributed'")
        is_wrong = 0
        for question in QUESTIONS:
            answer = alone.execute(question).fetchall()
            assert cluster.execute(question).fetchall() == answer, question
            # What a comparison gives cannot be different after a NULL than before it.
            is_wrong += len({(i % 5, mark) for i, mark in answer if mark is not None}) > 5
        assert is_wrong, "DuckDB's fault is mended: such joins may go to the workers again"


def test_the_statement_says_why_it_stays(rows: pathlib.Path) -> None:
    with skein.connect("local:1") as cluster:
        prepare(cluster, rows).execute("SET skein_mode = 'distributed'")
        explained = dict(cluster.execute("EXPLAIN SELECT p.l > ANY (SELECT [2]) FROM p JOIN p q USING (i)").fetchall())
        assert "skein_stages" not in explained
        assert "ANY or ALL compares lists" in explained["skein_client"]

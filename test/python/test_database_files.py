"""Tables in DuckDB's own files: where the file is open read only, workers scan them by row groups."""

import os
import pathlib
from typing import Dict, Iterator, List, Tuple

import duckdb
import pytest
import skein

Pair = Tuple[duckdb.DuckDBPyConnection, duckdb.DuckDBPyConnection]

#: 250,000 rows are three row groups, of which updates and deletions have touched all
STATEMENTS = [
    """CREATE TABLE t AS SELECT i a, i % 97 k, 's' || (i % 1000) s, {u: i, v: [i]} st,
       CASE WHEN i % 11 = 0 THEN NULL ELSE i * 1.5 END d FROM range(250000) r(i)""",
    "CREATE TABLE dim (k BIGINT PRIMARY KEY, name VARCHAR)",
    "INSERT INTO dim SELECT i, 'n' || i FROM range(97) r(i)",
    "DELETE FROM t WHERE a % 13 = 0",
    "UPDATE t SET s = 'up' WHERE a % 17 = 0",
    "INSERT INTO t SELECT -i, i, 'neg', NULL, NULL FROM range(5000) r(i)",
    "CREATE SCHEMA other",
    "CREATE TABLE other.x AS SELECT 1 y",
    "CREATE VIEW v AS SELECT k, count(*) c FROM t GROUP BY k",
    "CREATE TABLE empty (a INTEGER)",
]
QUERIES = [
    "SELECT count(*) FROM db.t",
    "SELECT k, count(*), sum(a), sum(d) FROM db.t GROUP BY k",
    "SELECT sum(a) FROM db.t WHERE s = 'up'",
    "SELECT name, sum(d) FROM db.t JOIN db.dim USING (k) GROUP BY name",
    "SELECT * FROM db.v",
    "SELECT * FROM db.other.x",
    "SELECT * FROM db.empty",
    "SELECT rowid, a FROM db.t WHERE rowid BETWEEN 122870 AND 122890",
    "SELECT a, rowid FROM db.t WHERE a = 77777",
    "SELECT st.u, st.v[1] FROM db.t WHERE a % 10007 = 0",
    "SELECT a, s FROM db.t ORDER BY a DESC LIMIT 7",
    "SELECT a FROM db.t ORDER BY a LIMIT 3 OFFSET 200000",
    "SELECT count(*) FROM db.t WHERE d IS NULL",
    "SELECT * FROM db.dim WHERE k = 5",
    "SELECT count(*) FROM db.t t1 JOIN db.t t2 USING (a) WHERE t2.k < 3",
]


def write(path: pathlib.Path, *settings: str) -> pathlib.Path:
    with duckdb.connect(str(path)) as writer:
        for statement in [*settings, *STATEMENTS]:
            writer.execute(statement)
    return path


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return write(tmp_path_factory.mktemp("database") / "a.duckdb")


@pytest.fixture(scope="module")
def cluster() -> Iterator[duckdb.DuckDBPyConnection]:
    with skein.connect("local:3?threads=1&memory=500MB") as connection:
        connection.execute("SET skein_mode = 'distributed'")
        yield connection


@pytest.fixture(scope="module")
def pair(file: pathlib.Path, cluster: duckdb.DuckDBPyConnection) -> Iterator[Pair]:
    with duckdb.connect() as plain:
        for connection in (plain, cluster):
            connection.execute(f"ATTACH '{file}' AS db (READ_ONLY)")
        yield plain, cluster
        cluster.execute("DETACH db")


def answer(connection: duckdb.DuckDBPyConnection, sql: str) -> List[str]:
    return sorted(map(str, connection.execute(sql).fetchall()))


def explain(connection: duckdb.DuckDBPyConnection, sql: str) -> Dict[str, str]:
    return dict(connection.execute("EXPLAIN " + sql).fetchall())


@pytest.mark.parametrize("sql", QUERIES)
def test_answer_is_that_of_duckdb(pair: Pair, sql: str) -> None:
    plain, cluster = pair
    assert answer(cluster, sql) == answer(plain, sql)


@pytest.mark.parametrize("sql", QUERIES)
def test_workers_scan_the_table(pair: Pair, sql: str) -> None:
    stages = explain(pair[1], sql)["skein_stages"]
    assert "SEQ_SCAN" in stages and "from the client" not in stages


def test_a_condition_that_may_fail_stays_in_the_scan_of_the_workers(pair: Pair) -> None:
    stages = explain(pair[1], "SELECT a FROM db.t WHERE k::VARCHAR::UTINYINT < 3")["skein_stages"]
    assert "SEQ_SCAN" in stages and "FILTER" not in stages
    pair[1].execute("CREATE TABLE copied AS FROM db.t")  # whose rows the client reads
    try:
        stages = explain(pair[1], "SELECT a FROM copied WHERE k::VARCHAR::UTINYINT < 3")["skein_stages"]
        assert "SEQ_SCAN" not in stages and "FILTER" in stages
    finally:
        pair[1].execute("DROP TABLE copied")


def test_each_row_group_is_a_split(pair: Pair) -> None:
    pair[1].execute("SELECT sum(a + 1) FROM db.t").fetchall()
    splits = "SELECT sum(splits) FROM skein_tasks() JOIN skein_queries() USING (query) WHERE sql LIKE '%sum(a + 1)%'"
    assert pair[1].execute(splits).fetchall() == [(3,)]


def test_nobody_holds_the_file_after_a_query(tmp_path: pathlib.Path, cluster: duckdb.DuckDBPyConnection) -> None:
    path = write(tmp_path / "b.duckdb")
    cluster.execute(f"ATTACH '{path}' AS b (READ_ONLY)")
    cluster.execute("SELECT count(*) FROM b.t").fetchall()
    cluster.execute("DETACH b")
    with duckdb.connect(str(path)) as writer:  # fails while another process has the file open
        assert writer.execute("DELETE FROM empty").fetchall() == [(0,)]


def test_a_log_that_was_not_checkpointed_is_read_too(
    tmp_path: pathlib.Path, cluster: duckdb.DuckDBPyConnection
) -> None:
    path = write(tmp_path / "c.duckdb", "PRAGMA disable_checkpoint_on_shutdown", "SET checkpoint_threshold = '1TB'")
    assert path.with_name("c.duckdb.wal").exists()
    with duckdb.connect(str(path), read_only=True) as plain:
        expected = plain.execute("SELECT count(*), sum(a) FROM t WHERE s = 'up'").fetchall()
    cluster.execute(f"ATTACH '{path}' AS c (READ_ONLY)")
    try:
        assert cluster.execute("SELECT count(*), sum(a) FROM c.t WHERE s = 'up'").fetchall() == expected
    finally:
        cluster.execute("DETACH c")


def test_a_file_that_is_open_for_writing_is_read_by_the_client(
    tmp_path: pathlib.Path, cluster: duckdb.DuckDBPyConnection
) -> None:
    path = write(tmp_path / "d.duckdb")
    cluster.execute(f"ATTACH '{path}' AS d")
    try:
        stages = explain(cluster, "SELECT count(*) FROM d.t WHERE k = 3")["skein_stages"]
        assert "from the client (a table in a file that the client holds open for writing)" in stages
        distributed = cluster.execute("SELECT count(*) FROM d.t WHERE k = 3").fetchall()
        cluster.execute("SET skein_mode = 'local'")
        assert distributed == cluster.execute("SELECT count(*) FROM d.t WHERE k = 3").fetchall()
    finally:
        cluster.execute("SET skein_mode = 'distributed'").execute("DETACH d")


def test_a_file_that_was_replaced_is_an_error_that_names_it(
    tmp_path: pathlib.Path, cluster: duckdb.DuckDBPyConnection
) -> None:
    path, other = write(tmp_path / "e.duckdb"), write(tmp_path / "f.duckdb")
    cluster.execute(f"ATTACH '{path}' AS e (READ_ONLY)")
    try:
        os.replace(other, path)
        with pytest.raises(duckdb.IOException, match="e.duckdb.*is not the version that the client has opened"):
            cluster.execute("SELECT sum(a) FROM e.t").fetchall()
    finally:
        cluster.execute("DETACH e")
    assert cluster.execute("SELECT 42").fetchall() == [(42,)]

"""Parquet files of every kind are split among the workers, with DuckDB's answers."""

import pathlib
from typing import Iterator, List, Tuple

import duckdb
import pytest
import skein

Pair = Tuple[duckdb.DuckDBPyConnection, duckdb.DuckDBPyConnection]

KEY = "PRAGMA add_parquet_key('key', '0123456789112345')"
UNION = "read_parquet('{folder}/*.parquet', union_by_name = true, filename = true)"
HIVE = "read_parquet('{folder}/hive/*/*.parquet', hive_partitioning = true)"
HIVE_UNION = "read_parquet('{folder}/hive/*/*.parquet', hive_partitioning = true, union_by_name = true)"
ONE = "read_parquet('{folder}/1.parquet', file_row_number = true)"
ENCRYPTED = "read_parquet('{folder}/secret/a.parquet', encryption_config = {{footer_key: 'key'}})"

#: files with other columns, other types of the same column, other fields of the same struct
QUERIES = [
    f"SELECT a, b, s, t, day FROM {UNION}",
    f"SELECT count(*), sum(a), sum(b), count(t), max(day) FROM {UNION}",
    f"SELECT parse_filename(filename), count(*), count(a) FROM {UNION} WHERE a IS NULL GROUP BY 1",
    f"SELECT count(*) FROM {UNION} WHERE t",
    f"SELECT count(*) FROM {UNION} WHERE a > 100 AND b < 5000",
    f"SELECT file_row_number, s FROM {UNION} WHERE s LIKE '%77%'",
    f"SELECT st.u, st.k, st.n.z FROM {UNION}",
    f"SELECT h, count(*), sum(a) FROM {HIVE_UNION} GROUP BY h",
    f"SELECT sum(a) FROM {HIVE} WHERE h = 2",
    f"SELECT st.u, st.v FROM {ONE} WHERE st.u < 3000",
    f"SELECT st.n.z, count(*) FROM {ONE} WHERE st.n.z % 2 = 0 GROUP BY 1",
    f"SELECT a, file_row_number FROM {ONE} WHERE st.n.z > 500 AND st.v > 'w9'",
    f"SELECT st.n FROM {ONE} WHERE st.v = 'w77'",
    f"SELECT st.n.z FROM {ONE} ORDER BY st.u DESC LIMIT 5",
    f"SELECT h, sum(st.u), max(st.v) FROM {HIVE} WHERE st.u > 100 GROUP BY h",
    f"SELECT sum(i), count(*) FROM {ENCRYPTED} WHERE i > 17",
    f"SELECT sum(i), count(*) FROM {ENCRYPTED} WHERE i > 18",
    f"SELECT count(*), sum(a.i + b.i) FROM {ENCRYPTED} a JOIN {ENCRYPTED} b ON a.i = b.i + 1",
]


def write_files(plain: duckdb.DuckDBPyConnection, folder: pathlib.Path) -> None:
    (folder / "secret").mkdir()
    for name, rows in {
        "1": "SELECT i a, i * 2 b, 'x' || i s, {u: i, v: 'w' || i, n: {z: i * 3}} st FROM range(5000) r(i)",
        "2": "SELECT i * 1000000007 b, 'y' || i s, i % 2 = 0 t, {v: 'q' || i, u: i, k: 7} st FROM range(3000) r(i)",
        "3": "SELECT 1.5::DOUBLE b, DATE '2020-01-01' AS day FROM range(10)",
    }.items():
        plain.execute(f"COPY ({rows}) TO '{folder}/{name}.parquet' (ROW_GROUP_SIZE 2048)")
    plain.execute(
        "COPY (SELECT i a, i % 3 h, {u: i, v: 'w' || i, n: {z: i * 3}} st FROM range(9000) r(i)) "
        f"TO '{folder}/hive' (FORMAT parquet, PARTITION_BY (h))"
    )
    plain.execute(
        f"COPY (FROM range(5000) r(i)) TO '{folder}/secret/a.parquet' "
        "(ENCRYPTION_CONFIG {footer_key: 'key'}, ROW_GROUP_SIZE 2048)"
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return tmp_path_factory.mktemp("sources")


@pytest.fixture(scope="module")
def pair(folder: pathlib.Path) -> Iterator[Pair]:
    """DuckDB alone, and on three workers; both know the key of the encrypted file."""
    with duckdb.connect() as plain, skein.connect("local:3?threads=1&memory=500MB") as cluster:
        for connection in (plain, cluster):
            connection.execute("SET force_mbedtls_unsafe = true").execute(KEY)  # this key guards nothing
        write_files(plain, folder)
        cluster.execute("SET skein_mode = 'distributed'")
        yield plain, cluster


def answer(connection: duckdb.DuckDBPyConnection, sql: str) -> List[str]:
    return sorted(map(str, connection.execute(sql).fetchall()))


@pytest.mark.parametrize("query", QUERIES)
def test_answer_is_that_of_duckdb(pair: Pair, folder: pathlib.Path, query: str) -> None:
    plain, cluster = pair
    sql = query.format(folder=folder)
    assert answer(cluster, sql) == answer(plain, sql)


@pytest.mark.parametrize("query", QUERIES)
def test_scan_is_split(pair: Pair, folder: pathlib.Path, query: str) -> None:
    stages = dict(pair[1].execute("EXPLAIN " + query.format(folder=folder)).fetchall())["skein_stages"]
    assert "READ_PARQUET" in stages and "from the client" not in stages


def test_a_wrong_key_is_duckdbs_error(pair: Pair, folder: pathlib.Path) -> None:
    sql = f"SELECT count(i) FROM {ENCRYPTED}".format(folder=folder).replace("'key'", "'other'")
    with pytest.raises(duckdb.BinderException, match="No key with name"):
        pair[1].execute(sql)


def test_a_file_without_rows_must_have_the_columns(pair: Pair, folder: pathlib.Path, tmp_path: pathlib.Path) -> None:
    plain, cluster = pair
    plain.execute(f"COPY (SELECT 1 AS other WHERE false) TO '{tmp_path}/none.parquet'")
    sql = f"SELECT sum(a) FROM read_parquet(['{folder}/1.parquet', '{tmp_path}/none.parquet'])"
    for connection in pair:
        with pytest.raises(duckdb.Error, match="schema mismatch"):
            connection.execute(sql).fetchall()
    plain.execute(f"COPY (SELECT 1 AS a WHERE false) TO '{tmp_path}/none.parquet'")
    sql = f"SELECT sum(a) FROM (SELECT a FROM '{folder}/1.parquet' UNION ALL FROM '{tmp_path}/none.parquet')"
    assert answer(cluster, sql) == answer(plain, sql)


def test_geometry_is_read_as_the_setting_says(pair: Pair, tmp_path: pathlib.Path) -> None:
    plain, _ = pair
    plain.execute(f"COPY (SELECT i, 'POINT(1 2)'::GEOMETRY g FROM range(3000) r(i)) TO '{tmp_path}/g.parquet'")
    sql = f"SELECT i, typeof(g), g FROM '{tmp_path}/g.parquet' WHERE i < 3"
    for is_converted in ("true", "false"):
        for connection in pair:
            connection.execute(f"SET enable_geoparquet_conversion = {is_converted}")
        assert answer(pair[1], sql) == answer(plain, sql)
    for connection in pair:
        connection.execute("RESET enable_geoparquet_conversion")

"""Every type of DuckDB goes through exchanges exactly: in a table of the client that is scattered to workers, and in
Parquet files. The oracle is plain DuckDB in the same process."""

import collections
import pathlib
from typing import Any, Dict, Iterator, List, Tuple

import duckdb
import pytest
import skein

#: Of each: a query whose column v has the values. Those of test_all_types() are the smallest, the largest, and NULL.
VALUES: Dict[str, str] = {
    name: f'SELECT "{name}" v FROM test_all_types()'
    for (name,) in duckdb.connect()
    .execute("SELECT column_name FROM (DESCRIBE FROM test_all_types())")
    .fetchall()
}
VALUES.update(
    {
        "null": "SELECT NULL v FROM range(3)",
        "hugeint_ends": "SELECT unnest(['-170141183460469231731687303715884105728', '0', NULL, "
        "'170141183460469231731687303715884105727'])::HUGEINT v",
        "uhugeint_ends": "SELECT unnest(['0', '340282366920938463463374607431768211455', NULL])::UHUGEINT v",
        "uuid_ends": "SELECT unnest(['00000000-0000-0000-0000-000000000000', "
        "'ffffffff-ffff-ffff-ffff-ffffffffffff', '80000000-0000-0000-0000-000000000000', NULL])::UUID v",
        "bignum_wide": "SELECT unnest([repeat('9', 300), '-' || repeat('8', 300), '-1', '0', NULL])::BIGNUM v",
        "decimal_4": "SELECT unnest(['999.9', '-999.9', '0', NULL])::DECIMAL(4, 1) v",
        "decimal_9": "SELECT unnest(['99999.9999', '-99999.9999', '0', NULL])::DECIMAL(9, 4) v",
        "decimal_18": "SELECT unnest([repeat('9', 18), '-' || repeat('9', 18), '0', NULL])::DECIMAL(18, 0) v",
        "decimal_38": "SELECT unnest([repeat('9', 38), '-' || repeat('9', 38), '1', NULL])::DECIMAL(38, 0) v",
        "double_odd": "SELECT unnest(['nan', 'inf', '-inf', '-0.0', '1', '5e-324', NULL])::DOUBLE v",
        "float_odd": "SELECT unnest(['nan', 'inf', '-inf', '-0.0', '1', '1e-45', NULL])::FLOAT v",
        "date_infinite": "SELECT unnest(['infinity', '-infinity', '5877642-06-25 (BC)', NULL])::DATE v",
        "timestamp_infinite": "SELECT unnest(['infinity', '-infinity', '1970-01-01 00:00:00.000001', NULL])"
        "::TIMESTAMP v",
        "timestamp_s_infinite": "SELECT unnest(['infinity', '-infinity', '1969-12-31 23:59:59', NULL])::TIMESTAMP_S v",
        "timestamp_ms_infinite": "SELECT unnest(['infinity', '-infinity', '2020-01-01 00:00:00.123', NULL])"
        "::TIMESTAMP_MS v",
        "timestamp_ns_infinite": "SELECT unnest(['infinity', '-infinity', '2020-01-01 00:00:00.123456789', NULL])"
        "::TIMESTAMP_NS v",
        "timestamp_tz_infinite": "SELECT unnest(['infinity', '-infinity', '2020-01-01 00:00:00.1+05', NULL])"
        "::TIMESTAMPTZ v",
        "time_tz_ends": "SELECT unnest(['00:00:00+15:59:59', '24:00:00-15:59:59', '12:00:00+00', NULL])::TIMETZ v",
        "interval_ends": "SELECT unnest([to_microseconds(9223372036854775807), to_months(-2147483647), "
        "INTERVAL '1 month', INTERVAL '30 days', INTERVAL '720 hours', NULL]) v",
        "varchar_odd": "SELECT unnest(['', chr(0) || 'x', 'a' || chr(0), 'a', 'exactly12byt', 'thirteen byte', "
        "repeat('ü', 500), NULL]) v",
        "blob_odd": "SELECT unnest([''::BLOB, '\\x00\\xFF'::BLOB, '\\x00'::BLOB, encode(repeat('ü', 500)), NULL]) v",
        "bit_lengths": "SELECT unnest(['0', '00', '0101', '111111111', repeat('10', 5000), NULL])::BIT v",
        "enum_large": "SELECT unnest(['e0', 'e255', 'e256', 'e69999', NULL])::large v",
        "union_tags": "SELECT unnest([1::UNION(n INTEGER, s VARCHAR), 'x'::UNION(n INTEGER, s VARCHAR), "
        "union_value(n := NULL)::UNION(n INTEGER, s VARCHAR), NULL]) v",
        "map_of_structs": "SELECT unnest([MAP {'a': {'x': 1, 'y': [NULL, 2]}, 'b': NULL}, MAP {}, NULL]) v",
        "array_of_hugeint": "SELECT unnest([[1, 2, 3]::HUGEINT[3], [4, NULL, 6]::HUGEINT[3], NULL]) v",
        "nested_of_nested": "SELECT unnest([[{'m': MAP {'k': [1::HUGEINT, NULL]}, 'u': union_value(n := 1)}], [], "
        "[NULL], NULL]) v",
        "variant": "SELECT unnest([1::VARIANT, 'text'::VARIANT, [1, 2]::VARIANT, "
        "{'a': 1.5, 'b': DATE '2020-01-01'}::VARIANT, NULL]) v",
        "json": """SELECT unnest(['{"a": [1, null]}', '"x"', 'null', '[]', NULL])::JSON v""",
        "geometry_kinds": "SELECT unnest(['POINT (1 2)', 'LINESTRING (0 0, 1 1)', 'POINT EMPTY', NULL])::GEOMETRY v",
    }
)
#: What COPY ... TO Parquet refuses, or writes as another type that it does not read back as this one.
NOT_IN_PARQUET = {"interval_ends", "timestamp_s_infinite"}

#: {t} is the table. The column is gathered, and goes along with rows that are moved by another key.
CARRIED = [
    "SELECT i, v FROM {t}",
    "SELECT a.i, a.v, b.v w FROM {t} a JOIN {t} b USING (i)",
]
ORDERED = "SELECT i, v FROM {t} ORDER BY v DESC, i LIMIT 400"
#: The column is what rows are moved, compared or ordered by.
AS_KEY = [
    "SELECT v, count(*) n, sum(i) s FROM {t} GROUP BY v",
    "SELECT count(DISTINCT v) n FROM {t}",
    "SELECT i % 7 g, min(v) low, max(v) high, count(v) n FROM {t} GROUP BY g",
    "SELECT a.i, b.i j, a.v FROM {t} a JOIN {t} b ON a.v = b.v WHERE b.i < 20",
    "SELECT a.i, b.v FROM {t} a LEFT JOIN {t} b ON a.v IS NOT DISTINCT FROM b.v AND b.i < 5",
    ORDERED,
]
#: DuckDB 1.5.5 by itself ends with an internal error that closes the database when it orders these.
NOT_ORDERED = {"variant"}
Answer = Tuple[Any, Any]


def queries_by(name: str) -> List[str]:
    """Those that have the column as a key."""
    return [sql for sql in AS_KEY if sql != ORDERED or name not in NOT_ORDERED]


@pytest.fixture(scope="module")
def cluster() -> Iterator[duckdb.DuckDBPyConnection]:
    with skein.connect("local:3?threads=1") as connection:
        connection.execute("SET skein_join = 'repartition'").execute("SET skein_aggregate = 'raw'")
        names = ", ".join(f"'e{i}'" for i in range(70000))
        connection.execute(f"CREATE TYPE large AS ENUM ({names})")
        yield connection


@pytest.fixture
def table(cluster: duckdb.DuckDBPyConnection, request: pytest.FixtureRequest) -> str:
    """A table in memory of three chunks in which each value comes many times."""
    cluster.execute("SET skein_mode = 'local'")
    values = VALUES[request.param]
    cluster.execute(f"CREATE OR REPLACE TABLE found AS SELECT row_number() OVER () - 1 k, v FROM ({values})")
    count = cluster.execute("SELECT count(*) FROM found").fetchone()[0]
    cluster.execute(
        f"CREATE OR REPLACE TABLE mine AS SELECT i, v FROM range(4500) r(i) JOIN found ON k = i % {count} ORDER BY i"
    )
    return "mine"


def newest_query(connection: duckdb.DuckDBPyConnection) -> Any:
    return connection.execute("SELECT last(query) FROM skein_queries()").fetchone()[0]


def answer(connection: duckdb.DuckDBPyConnection, mode: str, sql: str) -> Answer:
    """Types and exact rows, written out by plain DuckDB; or the class of the error."""
    connection.execute(f"SET skein_mode = '{mode}'")
    # DuckDB 1.5.5 by itself loses rows of joins on GEOMETRY, and on BLOB in Parquet files, by this rewrite.
    connection.execute(f"SET disabled_optimizers = '{'join_filter_pushdown' if mode == 'local' else ''}'")
    before = newest_query(connection)
    try:
        connection.execute(f"CREATE OR REPLACE TABLE got AS {sql}")
    except duckdb.IOException:
        raise  # of the cluster, whatever the type
    except duckdb.Error as error:
        return type(error), None
    assert (newest_query(connection) != before) == (mode == "distributed"), "it ran on the other side"
    connection.execute("SET skein_mode = 'local'")
    columns = connection.execute("SELECT column_name, column_type FROM (DESCRIBE got)").fetchall()
    exact = ", ".join(f"{name}::VARCHAR, hash({name})" for name, _ in columns)
    rows = connection.execute(f"SELECT {exact} FROM got").fetchall()
    return columns, rows if "ORDER BY" in sql else collections.Counter(rows)


def assert_same(connection: duckdb.DuckDBPyConnection, queries: List[str], table: str) -> None:
    for sql in (query.format(t=table) for query in queries):
        assert answer(connection, "distributed", sql) == answer(connection, "local", sql), sql


@pytest.mark.parametrize("table", VALUES, indirect=True)
def test_rows_of_a_table_in_memory_come_back_as_they_were(cluster: duckdb.DuckDBPyConnection, table: str) -> None:
    assert_same(cluster, CARRIED, table)


@pytest.mark.parametrize("table", VALUES, indirect=True)
def test_type_as_a_key_is_that_of_duckdb(
    cluster: duckdb.DuckDBPyConnection, table: str, request: pytest.FixtureRequest
) -> None:
    assert_same(cluster, queries_by(request.node.callspec.params["table"]), table)


@pytest.mark.parametrize("table", [name for name in VALUES if name not in NOT_IN_PARQUET], indirect=True)
def test_rows_of_parquet_come_back_as_they_were(
    cluster: duckdb.DuckDBPyConnection, table: str, tmp_path: pathlib.Path, request: pytest.FixtureRequest
) -> None:
    cluster.execute(f"COPY {table} TO '{tmp_path}/mine.parquet' (ROW_GROUP_SIZE 512)")
    queries = CARRIED + queries_by(request.node.callspec.params["table"])
    assert_same(cluster, queries, f"read_parquet('{tmp_path}/mine.parquet')")

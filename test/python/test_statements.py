"""A connection with Skein is an ordinary DuckDB connection: statements of every kind, tables of every kind."""

import pathlib
from typing import Callable

import duckdb
import pyarrow as pa
import pyarrow.parquet

Connect = Callable[..., duckdb.DuckDBPyConnection]

BY_FLAG = "SELECT l_returnflag, count(*) AS n, sum(l_quantity) AS quantity FROM lineitem GROUP BY ALL ORDER BY ALL"


def plain_rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list:
    """Runs `sql` as DuckDB alone would, on the same connection."""
    connection.execute("SET skein_mode = 'local'")
    rows = connection.execute(sql).fetchall()
    connection.execute("SET skein_mode = 'distributed'")
    return rows


def distributed_queries(connection: duckdb.DuckDBPyConnection) -> int:
    return connection.execute("SELECT count(*) FROM skein_queries()").fetchone()[0]


def test_explain_shows_the_stages_and_runs_nothing(connect: Connect) -> None:
    connection = connect()
    text = connection.execute("EXPLAIN " + BY_FLAG).fetchall()[-1][1].lower()
    assert "stage" in text and "hash" in text and "gather" in text
    assert distributed_queries(connection) == 0


def test_prepared_statement_takes_other_parameters_each_time(connect: Connect) -> None:
    connection = connect()
    sql = "SELECT count(*), sum(l_quantity) FROM lineitem WHERE l_shipmode = ? AND l_quantity < ?"
    for parameters in (["AIR", 10], ["RAIL", 20], ["none", 1]):
        expected = connection.execute("SET skein_mode = 'local'").execute(sql, parameters).fetchall()
        assert connection.execute("SET skein_mode = 'distributed'").execute(sql, parameters).fetchall() == expected


def test_sql_prepare_and_execute_run_many_times(connect: Connect) -> None:
    connection = connect()
    connection.execute("PREPARE by_mode AS SELECT count(*) FROM lineitem WHERE l_shipmode = $1")
    counts = {mode: connection.execute(f"EXECUTE by_mode('{mode}')").fetchone()[0] for mode in ("AIR", "RAIL")}
    rows = plain_rows(
        connection, "SELECT l_shipmode, count(*) FROM lineitem WHERE l_shipmode IN ('AIR', 'RAIL') GROUP BY ALL"
    )
    assert counts == dict(rows)


def test_create_table_as_keeps_the_rows_of_the_cluster(connect: Connect) -> None:
    connection = connect()
    connection.execute("CREATE TABLE flags AS " + BY_FLAG)
    assert distributed_queries(connection) == 1
    assert connection.execute("FROM flags ORDER BY ALL").fetchall() == plain_rows(connection, BY_FLAG)


def test_insert_select_and_update_work(connect: Connect) -> None:
    connection = connect()
    connection.execute("CREATE TABLE counts (mode VARCHAR, n BIGINT)")
    connection.execute("INSERT INTO counts SELECT l_shipmode, count(*) FROM lineitem GROUP BY ALL")
    connection.execute("UPDATE counts SET n = n + (SELECT count(*) FROM orders)")
    expected = plain_rows(
        connection, "SELECT l_shipmode, count(*) + (SELECT count(*) FROM orders) FROM lineitem GROUP BY ALL ORDER BY 1"
    )
    assert connection.execute("FROM counts ORDER BY mode").fetchall() == expected


def test_copy_writes_the_rows_of_the_cluster(connect: Connect, tmp_path: pathlib.Path) -> None:
    connection = connect()
    connection.execute(f"COPY ({BY_FLAG}) TO '{tmp_path}/flags.parquet'")
    written = [tuple(row.values()) for row in pa.parquet.read_table(tmp_path / "flags.parquet").to_pylist()]
    assert written == plain_rows(connection, BY_FLAG)


def test_table_in_memory_joins_parquet(connect: Connect) -> None:
    connection = connect()
    connection.execute("CREATE TABLE wanted AS SELECT 'AIR' AS mode, 3 AS weight UNION ALL SELECT 'RAIL', 5")
    sql = "SELECT mode, sum(weight) FROM lineitem JOIN wanted ON l_shipmode = mode GROUP BY ALL ORDER BY ALL"
    assert connection.execute(sql).fetchall() == plain_rows(connection, sql)


def test_arrow_table_of_the_process_joins_parquet(connect: Connect) -> None:
    connection = connect()
    wanted = pa.table({"mode": ["AIR", "RAIL"], "weight": [3, 5]})
    connection.register("wanted", wanted)
    sql = "SELECT mode, sum(weight) FROM lineitem JOIN wanted ON l_shipmode = mode GROUP BY ALL ORDER BY ALL"
    assert connection.execute(sql).fetchall() == plain_rows(connection, sql)


def test_variable_of_the_process_is_found_by_its_name(connect: Connect) -> None:
    connection = connect()
    limits = pa.table({"quantity": [10]})  # DuckDB finds it in this function
    sql = "SELECT count(*) FROM lineitem, limits WHERE l_quantity < quantity"
    expected = plain_rows(connection, "SELECT count(*) FROM lineitem WHERE l_quantity < 10")
    assert connection.sql(sql).fetchall() == expected
    assert limits.num_rows == 1


def test_result_comes_as_arrow(connect: Connect) -> None:
    table = connect().execute(BY_FLAG).to_arrow_table()
    assert table.column_names == ["l_returnflag", "n", "quantity"]
    assert table.num_rows == 3


def test_view_over_views_is_distributed(connect: Connect) -> None:
    connection = connect()
    connection.execute(
        "CREATE VIEW large AS SELECT * FROM orders JOIN lineitem ON o_orderkey = l_orderkey WHERE l_quantity > 45"
    )
    sql = "SELECT o_orderpriority, count(*) FROM large GROUP BY ALL ORDER BY ALL"
    assert connection.execute(sql).fetchall() == plain_rows(connection, sql)
    assert distributed_queries(connection) == 1


def test_cursor_uses_the_same_cluster(connect: Connect) -> None:
    connection = connect()
    with connection.cursor() as cursor:
        cursor.execute("SET skein_mode = 'distributed'")
        assert cursor.execute(BY_FLAG).fetchall() == plain_rows(connection, BY_FLAG)
    assert distributed_queries(connection) == 1


def test_order_by_holds_without_insertion_order(connect: Connect) -> None:
    connection = connect()
    connection.execute("SET preserve_insertion_order = false")
    sql = "SELECT l_orderkey, l_linenumber FROM lineitem WHERE l_quantity > 49 ORDER BY l_orderkey DESC, l_linenumber"
    assert connection.execute(sql).fetchall() == plain_rows(connection, sql)


def test_table_in_a_database_file_is_read(connect: Connect, tmp_path: pathlib.Path) -> None:
    connection = connect(database=str(tmp_path / "user.db"))
    connection.execute("CREATE TABLE copied AS FROM orders")
    sql = "SELECT o_orderstatus, count(*) FROM copied GROUP BY ALL ORDER BY ALL"
    assert connection.execute(sql).fetchall() == plain_rows(connection, sql)


def test_local_mode_starts_no_worker(connect: Connect) -> None:
    connection = connect()
    connection.execute("SET skein_mode = 'local'")
    connection.execute(BY_FLAG).fetchall()
    assert connection.execute("SELECT count(*) FROM skein_workers()").fetchone()[0] == 0


def test_auto_mode_leaves_little_data_to_duckdb(connect: Connect) -> None:
    connection = connect()
    connection.execute("SET skein_mode = 'auto'")
    assert connection.execute("SELECT count(*) FROM nation, region WHERE n_regionkey = r_regionkey").fetchone() == (25,)
    assert distributed_queries(connection) == 0

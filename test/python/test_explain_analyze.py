"""EXPLAIN ANALYZE of a distributed query: DuckDB's own plan, and the stages with what they did."""

import json
import re
from typing import Callable, List, Tuple

import duckdb
import pyarrow as pa

Connect = Callable[..., duckdb.DuckDBPyConnection]

BY_FLAG = "SELECT l_returnflag, count(*) FROM lineitem GROUP BY ALL ORDER BY ALL"
BY_PART = "SELECT l_partkey, count(*) FROM lineitem GROUP BY ALL"


def analyze(connection: duckdb.DuckDBPyConnection, sql: str) -> List[Tuple[str, str]]:
    return connection.execute("EXPLAIN ANALYZE " + sql).fetchall()


def stages(connection: duckdb.DuckDBPyConnection, sql: str) -> str:
    return analyze(connection, sql)[-1][1]


def rows_of(operator: str, tree: str) -> int:
    """Adds up the rows of an operator over all stages."""
    return sum(int(rows) for rows in re.findall(rf"\| +{operator} +(\d+) rows", tree))


def test_rows_are_duckdb_s_plan_and_the_stages(connect: Connect) -> None:
    rows = analyze(connect(), BY_FLAG)
    assert [key for key, _ in rows] == ["analyzed_plan", "skein_stages"]
    assert "EXPLAIN_ANALYZE" in rows[0][1] and "Stages: " in rows[0][1]


def test_query_runs_once(connect: Connect) -> None:
    connection = connect()
    analyze(connection, BY_FLAG)
    assert connection.execute("SELECT state FROM skein_queries()").fetchall() == [("finished",)]


def test_each_stage_has_its_figures(connect: Connect) -> None:
    connection = connect()
    tree = stages(connection, BY_FLAG)
    expected = connection.execute("SELECT rows_in, rows_out FROM skein_stages()").fetchall()
    shown = re.findall(r"\| in (\d+) rows, .*\n *\| out (\d+) rows", tree)
    assert sorted((int(rows_in), int(rows_out)) for rows_in, rows_out in shown) == sorted(expected)
    assert len(re.findall(r"tasks? finished, wall .* cpu .*, skew ", tree)) == len(expected)
    assert len(re.findall(r"\| spilled ", tree)) == len(expected)


def test_operators_count_the_rows_that_duckdb_counts(connect: Connect) -> None:
    connection = connect()
    connection.execute("SET skein_aggregate = 'raw'")
    tree = stages(connection, BY_PART)
    connection.execute("SET skein_mode = 'local'")
    rows, parts = connection.execute("SELECT count(*), count(DISTINCT l_partkey) FROM lineitem").fetchone()
    assert rows_of("SPLIT_SCAN", tree) == rows
    assert rows_of("EXCHANGE_SOURCE", tree) == rows
    assert rows_of("HASH_GROUP_BY", tree) == parts
    assert rows_of("EXCHANGE_SINK", tree) == rows + parts


def test_plain_run_profiles_nothing(connect: Connect) -> None:
    connection = connect()
    tree = connection.execute("EXPLAIN " + BY_FLAG).fetchall()[-1][1]
    assert "Stage" in tree and "|" not in tree


def test_json_is_duckdb_s_own(connect: Connect) -> None:
    connection = connect()
    rows = connection.execute("EXPLAIN (ANALYZE, FORMAT json) " + BY_FLAG).fetchall()
    assert [key for key, _ in rows] == ["analyzed_plan"]
    assert "SKEIN_REMOTE" in json.dumps(json.loads(rows[0][1]))


def test_two_distributed_parts_have_a_tree_each(connect: Connect) -> None:
    # Numbers of a sequence are drawn in the client; what gets them comes from the cluster.
    connection = connect()
    connection.execute("CREATE SEQUENCE numbers")
    sql = "SELECT nextval('numbers'), n_name FROM nation UNION ALL SELECT nextval('numbers'), r_name FROM region"
    rows = analyze(connection, sql)
    assert [key for key, _ in rows] == ["analyzed_plan", "skein_stages", "skein_stages"]
    assert [rows_of("SPLIT_SCAN", tree) for _, tree in rows[1:]] == [25, 5]


def test_rows_of_the_client_are_counted(connect: Connect) -> None:
    connection = connect()
    connection.register("wanted", pa.table({"mode": ["AIR", "RAIL"]}))
    tree = stages(connection, "SELECT count(*) FROM lineitem JOIN wanted ON l_shipmode = mode")
    assert "from the client" in tree and rows_of("HASH_JOIN", tree) > 0


def test_analyzed_statement_writes(connect: Connect) -> None:
    connection = connect()
    assert "Stage 0" in stages(connection, "CREATE TABLE flags AS " + BY_FLAG)
    assert connection.execute("SELECT count(*) FROM flags").fetchone() == (3,)


def test_local_statement_is_left_alone(connect: Connect) -> None:
    connection = connect()
    connection.execute("SET skein_mode = 'local'")
    assert [key for key, _ in analyze(connection, BY_FLAG)] == ["analyzed_plan"]


def test_failing_query_is_its_own_error(connect: Connect) -> None:
    connection = connect()
    try:
        analyze(connection, "SELECT sum(CAST(l_comment AS INTEGER)) FROM lineitem")
        raise AssertionError("rows instead of an error")
    except duckdb.ConversionException:
        pass
    assert connection.execute("SELECT 42").fetchone() == (42,)

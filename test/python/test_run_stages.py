"""Stages that were cut by hand, as text, and scans that ask for their task: the rows are those of the same SQL in DuckDB."""

import json
import pathlib
from typing import Any, Dict, List

import duckdb
import pytest
from conftest import Connect

Stage = Dict[str, Any]


@pytest.fixture
def connection(connect: Connect, tmp_path: pathlib.Path) -> duckdb.DuckDBPyConnection:
    """A cluster of three, and the view `orders` of 100,000 rows in row groups of 2,048."""
    connection = connect("local:3?memory=256MB")
    file = tmp_path / "orders.parquet"
    connection.execute(
        f"COPY (SELECT i % 100 AS customer, nullif(i, 77) AS amount FROM range(100000) t(i)) TO '{file}' "
        "(ROW_GROUP_SIZE 2048)"
    )
    connection.execute(f"CREATE OR REPLACE VIEW orders AS FROM '{file}'")
    return connection


READER: Stage = {"id": 1, "sql": "FROM stage_0", "tasks": 2, "depends_on": [0]}


def run_stages(connection: duckdb.DuckDBPyConnection, stages: List[Stage]) -> List[Any]:
    return connection.execute("FROM skein_run_stages(?) ORDER BY ALL", [json.dumps(stages)]).fetchall()


def scan(**changes: Any) -> Stage:
    return {"id": 0, "sql": "FROM orders", "tasks": 4, "output": "hash", "keys": ["customer"], **changes}


def test_aggregate_over_a_hash_is_that_of_duckdb(connection: duckdb.DuckDBPyConnection) -> None:
    sql = "SELECT customer, count(*), sum(amount)::BIGINT FROM {} GROUP BY customer"
    rows = run_stages(connection, [scan(), {"id": 1, "sql": sql.format("stage_0"), "tasks": 4, "depends_on": [0]}])
    assert rows == connection.execute(sql.format("orders") + " ORDER BY ALL").fetchall()


def test_range_puts_each_row_where_its_key_lies(connection: duckdb.DuckDBPyConnection) -> None:
    ranges = scan(output="range", keys=["amount"], boundaries=["1000", "50000"])
    sql = "SELECT skein_task_index(), min(amount), max(amount), count(*) FROM stage_0"
    rows = run_stages(connection, [ranges, {"id": 1, "sql": sql, "tasks": 3, "depends_on": [0]}])
    # The NULL is in the last one, and the first lacks it.
    assert rows == [(0, 0, 999, 999), (1, 1000, 49999, 49000), (2, 50000, 99999, 50001)]


@pytest.mark.parametrize("output", ["broadcast", "hash"])
def test_join_of_two_stages_is_that_of_duckdb(connection: duckdb.DuckDBPyConnection, output: str) -> None:
    connection.execute("CREATE TABLE names AS SELECT i AS id, 'name ' || i AS name FROM range(0, 200, 2) t(i)")
    names = {"id": 5, "sql": "FROM names", "tasks": 1, "output": output, "keys": ["id"]}
    sql = "SELECT name, count(*) FROM {} JOIN {} ON customer = id GROUP BY name"
    join = {"id": 9, "sql": sql.format("stage_0", "stage_5"), "tasks": 4, "depends_on": [0, 5]}
    expected = connection.execute(sql.format("orders", "names") + " ORDER BY ALL").fetchall()
    assert run_stages(connection, [scan(), names, join]) == expected


def test_last_stage_of_one_task_keeps_its_order(connection: duckdb.DuckDBPyConnection) -> None:
    last = {"id": 1, "sql": "SELECT amount FROM stage_0 ORDER BY amount DESC LIMIT 3", "depends_on": [0]}
    text = json.dumps([scan(output="gather"), last])
    assert connection.execute("FROM skein_run_stages(?)", [text]).fetchall() == [(99999,), (99998,), (99997,)]


def test_prepared_statement_runs_again(connection: duckdb.DuckDBPyConnection) -> None:
    text = json.dumps([scan(), {"id": 1, "sql": "SELECT count(*) FROM stage_0", "tasks": 4, "depends_on": [0]}])
    connection.execute(f"PREPARE again AS SELECT sum(COLUMNS(*))::BIGINT FROM skein_run_stages('{text}')")
    for _ in range(2):
        assert connection.execute("EXECUTE again").fetchall() == [(100000,)]


@pytest.mark.parametrize(
    "stages, words",
    [
        ([], "at least one stage"),
        ([scan(tasks=0)], "stage 0: it has 1 to 1024 partitions"),
        ([scan(), scan()], "stage 0: there are two of them"),
        ([scan(sql="SELECT 1")], "stage 0: each of its 4 partitions would give the same rows"),
        ([scan(sql="SELEC")], "stage 0: syntax error"),
        ([scan(sql="SELECT 1; SELECT 2")], "stage 0: its SQL is one SELECT"),
        ([scan(sql="FROM nowhere")], "stage 0: Table with name nowhere does not exist"),
        ([scan(output="sideways")], "one of gather, hash, range, broadcast, round-robin"),
        ([scan(colour="blue")], "'colour' is not known"),
        ([scan(tasks=4294967297)], "4294967297 is not a number"),
        ([scan(tasks=True)], "true is not a number"),
        ([scan(output="range", keys=["amount"], boundaries=["1 THEN 9 WHEN amount < 3"])] + [READER], "syntax error"),
        ([scan(output="range", keys=["amount"], boundaries=["1, 2"])] + [READER], "1, 2 is not one value"),
        ([scan(depends_on=[3])], "depends on stage 3, which is not there"),
        ([scan(keys=["price"]), {"id": 1, "sql": "FROM stage_0", "tasks": 4, "depends_on": [0]}], "no column 'price'"),
        ([scan(), {"id": 1, "sql": "FROM orders", "tasks": 4, "depends_on": [0]}], "stage 1: it does not read stage_0"),
        ([scan(depends_on=[1]), {**scan(depends_on=[0]), "id": 1}], "depends on itself"),
        ([scan(output="gather"), {"id": 1, "sql": "FROM stage_0", "tasks": 4, "depends_on": [0]}], "are gathered"),
        ([scan(), {**scan(), "id": 1}], "exactly one stage feeds no other"),
    ],
)
def test_wrong_stages_are_refused_by_name(
    connection: duckdb.DuckDBPyConnection, stages: List[Stage], words: str
) -> None:
    with pytest.raises(duckdb.Error) as error:
        run_stages(connection, stages)
    assert words in str(error.value).splitlines()[0]


def test_table_that_was_altered_is_planned_anew(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("CREATE TABLE mine AS SELECT i AS id FROM range(10) t(i)")
    text = json.dumps([{"id": 0, "sql": "SELECT id FROM mine"}])
    connection.execute(f"PREPARE a AS SELECT count(*) FROM skein_run_stages('{text}')")
    assert connection.execute("EXECUTE a").fetchall() == [(10,)]
    connection.execute("ALTER TABLE mine ADD COLUMN more INTEGER")
    connection.execute("INSERT INTO mine VALUES (11, 12)")
    assert connection.execute("EXECUTE a").fetchall() == [(11,)]
    connection.execute("DROP TABLE mine")
    with pytest.raises(duckdb.CatalogException, match="mine does not exist"):
        connection.execute("EXECUTE a")


def test_view_that_reads_itself_through_stages_is_refused(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("CREATE VIEW mine AS SELECT 1 AS one")
    text = json.dumps([{"id": 0, "sql": "FROM mine"}]).replace("'", "''")
    connection.execute(f"CREATE OR REPLACE VIEW mine AS FROM skein_run_stages('{text}')")
    with pytest.raises(duckdb.BinderException, match="infinite recursion"):
        connection.execute("FROM mine")


def test_copied_stages_are_refused(connection: duckdb.DuckDBPyConnection) -> None:
    text = json.dumps([scan(output="gather")]).replace("'", "''")
    twice = f"WITH x AS NOT MATERIALIZED (FROM skein_run_stages('{text}')) SELECT count(*) FROM x, (FROM x LIMIT 1)"
    with pytest.raises(duckdb.InvalidInputException, match="cannot be copied"):
        connection.execute(twice)
    connection.execute("CREATE TABLE still AS SELECT 42 AS answer")
    once = twice.replace("AS NOT MATERIALIZED", "AS MATERIALIZED")
    assert connection.execute(once).fetchall() == [(100000,)]


def test_with_of_a_stage_reads_the_stages_it_depends_on(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("CREATE TABLE stage_0 AS SELECT 1 AS wrong")
    sql = "WITH counted AS (SELECT count(*) AS c FROM stage_0) SELECT c FROM counted"
    last = {"id": 1, "sql": sql, "depends_on": [0]}
    assert run_stages(connection, [scan(output="gather"), last]) == [(100000,)]


def test_correlated_subquery_in_a_stage_is_that_of_duckdb(connection: duckdb.DuckDBPyConnection) -> None:
    sql = (
        "SELECT customer, max(amount) FROM {} a WHERE amount < (SELECT avg(b.amount) FROM orders b "
        "WHERE b.customer = a.customer) GROUP BY customer"
    )
    rows = run_stages(connection, [{"id": 0, "sql": sql.format("orders")}])
    assert rows == connection.execute(sql.format("orders") + " ORDER BY ALL").fetchall()


def test_keys_of_different_types_are_refused(connection: duckdb.DuckDBPyConnection) -> None:
    other = {**scan(sql="SELECT customer::VARCHAR AS customer FROM orders"), "id": 5}
    join = {"id": 9, "sql": "FROM stage_0 JOIN stage_5 USING (customer)", "tasks": 4, "depends_on": [0, 5]}
    with pytest.raises(duckdb.InvalidInputException, match="hashed as different types, so equal keys do not meet"):
        run_stages(connection, [scan(), other, join])


def test_data_does_not_decide_whether_stages_are_accepted(connection: duckdb.DuckDBPyConnection) -> None:
    nothing = {"id": 1, "sql": "SELECT customer FROM stage_0 WHERE false", "tasks": 4, "depends_on": [0]}
    assert run_stages(connection, [scan(), nothing]) == []
    assert run_stages(connection, [{"id": 0, "sql": "FROM orders WHERE amount > 1000000", "tasks": 4}]) == []


@pytest.mark.parametrize("stage", ["0", "NULL", "-1", "9223372036854775807"])
def test_input_of_a_stage_is_nothing_elsewhere(connection: duckdb.DuckDBPyConnection, stage: str) -> None:
    with pytest.raises(duckdb.InvalidInputException, match="skein_stage_input is for the SQL of stages"):
        connection.execute(f"FROM skein_stage_input({stage})")


def test_stages_need_a_cluster(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("SET skein_mode = 'local'")
    with pytest.raises(duckdb.InvalidInputException, match="skein_run_stages runs on a cluster"):
        run_stages(connection, [scan(tasks=1)])


def test_own_scan_runs_in_every_task_and_gives_each_row_once(connection: duckdb.DuckDBPyConnection) -> None:
    sql = (
        "SELECT task, count(*), sum(i)::BIGINT FROM (SELECT skein_task_index() AS task, i FROM range(3000) t(i) "
        "WHERE i % skein_task_count() = skein_task_index()) GROUP BY task ORDER BY task"
    )
    rows = connection.execute(sql).fetchall()
    assert [row[:2] for row in rows] == [(0, 1000), (1, 1000), (2, 1000)]
    assert sum(row[2] for row in rows) == sum(range(3000))


def test_task_over_its_time_is_named(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("SET skein_task_timeout_ms = 50")
    with pytest.raises(duckdb.IOException, match="a task ran longer than the task time-out: stage=.* task=.* worker="):
        connection.execute("SELECT count(*) FROM orders a, orders b, orders c WHERE a.amount + b.amount + c.amount = -1")
    connection.execute("SET skein_task_timeout_ms = 0")
    assert connection.execute("SELECT count(*) FROM orders").fetchall() == [(100000,)]


def test_task_time_out_of_range_is_refused(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(duckdb.InvalidInputException, match="skein_task_timeout_ms = 99999999999 is out of range"):
        connection.execute("SET skein_task_timeout_ms = 99999999999")

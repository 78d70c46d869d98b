"""skein_workers(), skein_queries() and skein_tasks(): what can be seen of the cluster in SQL."""

import pathlib
from typing import Callable, List

import duckdb

Connect = Callable[..., duckdb.DuckDBPyConnection]

BY_FLAG = "SELECT l_returnflag, l_linestatus, count(*) FROM lineitem GROUP BY ALL ORDER BY ALL"


def columns(connection: duckdb.DuckDBPyConnection, table: str) -> List[str]:
    return [row[0] for row in connection.execute(f"DESCRIBE FROM {table}()").fetchall()]


def test_columns_are_those_of_the_documentation(connect: Connect) -> None:
    connection = connect()
    assert columns(connection, "skein_workers") == [
        "worker",
        "address",
        "pid",
        "state",
        "threads",
        "memory_bytes",
        "tasks",
        "retained_bytes",
        "last_heartbeat",
    ]
    assert columns(connection, "skein_queries") == [
        "query",
        "sql",
        "state",
        "error",
        "stages",
        "tasks",
        "shuffle_bytes",
        "wall_us",
    ]
    assert columns(connection, "skein_tasks") == [
        "query",
        "stage",
        "task",
        "attempt",
        "worker",
        "state",
        "rows_in",
        "rows_out",
        "bytes_in",
        "bytes_out",
        "splits",
        "wall_us",
        "cpu_us",
        "rows_per_partition",
        "spill_bytes",
    ]
    assert columns(connection, "skein_stages") == [
        "query",
        "stage",
        "state",
        "tasks",
        "operators",
        "exchange",
        "keys",
        "replay_class",
        "is_barrier",
        "single_reason",
        "rows_in",
        "rows_out",
        "bytes_in",
        "bytes_out",
        "spill_bytes",
        "skew",
        "wall_us",
        "cpu_us",
    ]
    assert columns(connection, "skein_cluster_status") == [
        "active_workers",
        "total_workers",
        "threads",
        "task_slots",
        "running_tasks",
        "utilisation",
        "running_queries",
    ]


def test_tables_are_empty_before_the_first_query(connect: Connect) -> None:
    connection = connect()
    for table in ("skein_workers", "skein_queries", "skein_tasks", "skein_stages", "skein_cluster_status"):
        assert connection.execute(f"FROM {table}()").fetchall() == []


def test_workers_are_ready_with_what_they_were_given(connect: Connect) -> None:
    connection = connect("local:3?threads=2&memory=1GB")
    connection.execute(BY_FLAG).fetchall()
    rows = connection.execute(
        "SELECT worker, state, threads, memory_bytes FROM skein_workers() ORDER BY worker"
    ).fetchall()
    assert [row[:3] for row in rows] == [(number, "ready", 2) for number in range(3)]
    assert all(9e8 < memory < 1.1e9 for *_, memory in rows)


def test_query_counts_its_stages_tasks_and_bytes(connect: Connect) -> None:
    connection = connect()
    connection.execute(BY_FLAG).fetchall()
    query, sql, state, error, stages, tasks, shuffle_bytes, wall_us = connection.execute(
        "FROM skein_queries()"
    ).fetchone()
    assert sql == BY_FLAG and state == "finished" and not error
    assert stages >= 2 and tasks >= stages and shuffle_bytes > 0 and wall_us > 0
    counted = connection.execute(
        "SELECT count(*), count(DISTINCT stage), sum(bytes_out) FROM skein_tasks() WHERE query = ?", [query]
    )
    assert counted.fetchone() == (tasks, stages, shuffle_bytes)


def test_failed_query_keeps_its_error(connect: Connect) -> None:
    connection = connect()
    try:
        connection.execute("SELECT sum(CAST(l_comment AS INTEGER)) FROM lineitem").fetchall()
        raise AssertionError("rows instead of an error")
    except duckdb.ConversionException:
        pass
    state, error = connection.execute("SELECT state, error FROM skein_queries()").fetchone()
    assert state == "failed" and "convert" in error.lower()


def test_each_row_group_of_one_file_is_read_once_by_workers_that_share_it(
    connect: Connect, tmp_path: pathlib.Path
) -> None:
    connection = connect("local:4?threads=1")
    file = tmp_path / "one.parquet"
    connection.execute(
        f"COPY (SELECT range AS id, hash(range) AS h FROM range(4000000)) TO '{file}' (ROW_GROUP_SIZE 61440)"
    )
    row_groups = connection.execute(f"SELECT count(DISTINCT row_group_id) FROM parquet_metadata('{file}')").fetchone()[
        0
    ]
    assert row_groups > 60
    count, total = connection.execute(
        f"SELECT count(h), sum(id) FROM read_parquet('{file}') WHERE h % 3 < 5"
    ).fetchone()
    assert (count, total) == (4000000, 4000000 * 3999999 // 2)
    newest = "(SELECT last(query) FROM skein_queries())"
    splits = connection.execute(
        f"SELECT worker, sum(splits) FROM skein_tasks() WHERE query = {newest} GROUP BY worker ORDER BY worker"
    ).fetchall()
    assert [worker for worker, _ in splits] == [0, 1, 2, 3]
    assert all(taken > 0 for _, taken in splits)
    assert sum(taken for _, taken in splits) == row_groups

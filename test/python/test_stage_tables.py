"""skein_stages(), skein_cluster_status() and the figures of tasks and workers: what the work of a query comes to."""

import datetime
import threading
from typing import Callable

import duckdb
import processes
import pytest

Connect = Callable[..., duckdb.DuckDBPyConnection]

BY_PART = "SELECT l_partkey, count(*) FROM lineitem GROUP BY ALL"
# About 10^11 pairs of rows: it ends by the interrupt.
ENDLESS = "SELECT sum(a.l_quantity * b.l_quantity) FROM lineitem a JOIN lineitem b ON a.l_linestatus = b.l_linestatus"


@pytest.fixture
def grouped(connect: Connect) -> duckdb.DuckDBPyConnection:
    """A connection that has run one aggregate whose raw rows went through a hash exchange."""
    connection = connect()
    connection.execute("SET skein_aggregate = 'raw'")
    connection.execute(BY_PART).fetchall()
    return connection


def lineitem_rows(connection: duckdb.DuckDBPyConnection) -> int:
    connection.execute("SET skein_mode = 'local'")
    return connection.execute("SELECT count(*) FROM lineitem").fetchone()[0]


def test_scan_stage_gives_each_row_of_the_table(grouped: duckdb.DuckDBPyConnection) -> None:
    stage = grouped.execute(
        "SELECT exchange, rows_in, rows_out, state, tasks FROM skein_stages() WHERE exchange = 'hash'"
    ).fetchall()
    rows = lineitem_rows(grouped)
    assert stage == [("hash", rows, rows, "finished", 2)]


def test_next_stage_takes_what_the_scan_stage_gave(grouped: duckdb.DuckDBPyConnection) -> None:
    given = "SELECT rows_out, bytes_out FROM skein_stages() WHERE exchange = 'hash'"
    taken = "SELECT rows_in, bytes_in FROM skein_stages() WHERE exchange = 'gather'"
    assert grouped.execute(given).fetchall() == grouped.execute(taken).fetchall()


def test_stages_are_the_sums_of_their_tasks(grouped: duckdb.DuckDBPyConnection) -> None:
    columns = "query, stage, rows_in, rows_out, bytes_in, bytes_out, spill_bytes, wall_us, cpu_us"
    summed = (
        "SELECT query, stage, sum(rows_in), sum(rows_out), sum(bytes_in), sum(bytes_out), sum(spill_bytes),"
        " max(wall_us), sum(cpu_us) FROM skein_tasks() GROUP BY query, stage ORDER BY stage"
    )
    stages = grouped.execute(f"SELECT {columns} FROM skein_stages() ORDER BY stage").fetchall()
    assert len(stages) == 2
    assert stages == grouped.execute(summed).fetchall()


def test_skew_is_the_largest_task_by_the_mean(grouped: duckdb.DuckDBPyConnection) -> None:
    by_task = "SELECT stage, max(rows_in) / avg(rows_in) FROM skein_tasks() GROUP BY stage ORDER BY stage"
    stages = grouped.execute("SELECT stage, skew FROM skein_stages() ORDER BY stage").fetchall()
    expected = grouped.execute(by_task).fetchall()
    assert [stage for stage, _ in stages] == [0, 1]
    assert [skew for _, skew in stages] == pytest.approx([skew for _, skew in expected])


def test_stage_says_what_the_plan_says(grouped: duckdb.DuckDBPyConnection) -> None:
    operators, keys, replay_class, is_barrier, single_reason = grouped.execute(
        "SELECT operators, keys, replay_class, is_barrier, single_reason FROM skein_stages() WHERE exchange = 'hash'"
    ).fetchone()
    assert "READ_PARQUET" in operators and "\n" not in operators
    assert keys and replay_class == "stream" and is_barrier is False and single_reason is None


def test_rows_per_partition_add_up_to_the_rows_of_a_hash_exchange(grouped: duckdb.DuckDBPyConnection) -> None:
    tasks = grouped.execute(
        "SELECT rows_out, rows_per_partition FROM skein_tasks() WHERE stage IN"
        " (SELECT stage FROM skein_stages() WHERE exchange = 'hash')"
    ).fetchall()
    assert len(tasks) == 2
    for rows_out, rows_per_partition in tasks:
        assert len(rows_per_partition) == 2 and all(rows > 0 for rows in rows_per_partition)
        assert sum(rows_per_partition) == rows_out


def test_partitions_are_what_the_tasks_behind_the_exchange_read(grouped: duckdb.DuckDBPyConnection) -> None:
    given = grouped.execute(
        "SELECT list_sum(list(rows_per_partition[1])), list_sum(list(rows_per_partition[2]))"
        " FROM skein_tasks() WHERE stage = 0"
    ).fetchone()
    taken = grouped.execute("SELECT rows_in FROM skein_tasks() WHERE stage = 1 ORDER BY task").fetchall()
    assert list(given) == [rows for (rows,) in taken]


def test_spilled_output_is_counted(connect: Connect) -> None:
    connection = connect("local:2?memory=128MB")
    connection.execute("SET skein_aggregate = 'raw'")
    connection.execute(
        "SELECT count(a), count(b) FROM (SELECT max(l_comment || l_shipinstruct) AS a, max(repeat(l_comment, 5)) AS b"
        " FROM lineitem GROUP BY l_orderkey, l_linenumber)"
    ).fetchall()
    spilled, out = connection.execute("SELECT sum(spill_bytes), sum(bytes_out) FROM skein_tasks()").fetchone()
    assert 0 < spilled < out


def test_small_output_is_not_spilled(grouped: duckdb.DuckDBPyConnection) -> None:
    assert grouped.execute("SELECT sum(spill_bytes) FROM skein_stages()").fetchone() == (0,)


def test_worker_shows_its_last_heartbeat(connect: Connect) -> None:
    connection = connect()
    before = datetime.datetime.now().timestamp()
    connection.execute("SELECT count(l_orderkey) FROM lineitem").fetchall()
    heard = "SELECT coalesce(epoch_ms(min(last_heartbeat)), 0) / 1000, count(last_heartbeat) FROM skein_workers()"
    assert processes.eventually(lambda: connection.execute(heard).fetchone()[1] == 2)
    assert before - 1 <= connection.execute(heard).fetchone()[0] <= datetime.datetime.now().timestamp() + 1
    assert all(isinstance(row[-1], datetime.datetime) for row in connection.execute("FROM skein_workers()").fetchall())


def test_heartbeats_come_about_every_half_second(connect: Connect) -> None:
    connection = connect("local:1")
    connection.execute("SELECT count(l_orderkey) FROM lineitem").fetchall()
    seen = set()

    def has_seen_three() -> bool:
        seen.add(connection.execute("SELECT epoch_ms(last_heartbeat) FROM skein_workers()").fetchone()[0])
        return len(seen - {None}) >= 3

    assert processes.eventually(has_seen_three)
    first, second, third = sorted(seen - {None})[:3]
    assert min(second - first, third - second) >= 250


def test_status_of_an_idle_cluster(grouped: duckdb.DuckDBPyConnection) -> None:
    status = grouped.execute(
        "SELECT active_workers, total_workers, threads, task_slots > 0, running_queries FROM skein_cluster_status()"
    ).fetchall()
    threads = grouped.execute("SELECT sum(threads) FROM skein_workers()").fetchone()[0]
    assert status == [(2, 2, threads, True, 0)]


def test_status_shows_work(connect: Connect) -> None:
    connection = connect()

    def run() -> None:
        with pytest.raises(duckdb.Error):
            connection.execute(ENDLESS).fetchall()

    with connection.cursor() as watcher:
        thread = threading.Thread(target=run)
        thread.start()
        try:
            busy = (
                "SELECT running_queries = 1 AND running_tasks > 0 AND utilisation > 0 AND utilisation <= 1"
                " FROM skein_cluster_status()"
            )
            assert processes.eventually(lambda: watcher.execute(busy).fetchone() == (True,))
        finally:
            connection.interrupt()
            thread.join(processes.LIMIT_S)
    assert not thread.is_alive()

"""One process that uses Skein from several threads and in several ways at once."""

import os
import pathlib
import threading
from typing import Callable, List

import duckdb
import processes
import pytest
from footprint import Outcome, outcome

Connect = Callable[..., duckdb.DuckDBPyConnection]

COUNT = "SELECT count(*), sum(l_quantity) FROM lineitem WHERE l_linenumber > 1"
# About 10^11 pairs of rows: it ends by an error or an interrupt.
ENDLESS = "SELECT sum(a.l_quantity * b.l_quantity) FROM lineitem a JOIN lineitem b ON a.l_linestatus = b.l_linestatus"
RUNNING = "SELECT count(*) > 0 FROM skein_tasks() WHERE state = 'running'"
IDLE = """SELECT (SELECT count(*) FROM skein_tasks() WHERE state = 'running'), coalesce(sum(tasks), 0),
                 coalesce(sum(retained_bytes), 0) FROM skein_workers()"""


def distributed_cursor(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    cursor = connection.cursor()
    cursor.execute("SET skein_mode = 'distributed'")
    return cursor


def start_endless(connection: duckdb.DuckDBPyConnection, watcher: duckdb.DuckDBPyConnection) -> Callable[[], Outcome]:
    """Starts a statement without an end and waits until its tasks run."""
    wait = processes.in_background(lambda: outcome(connection, ENDLESS))
    assert processes.eventually(lambda: watcher.execute(RUNNING).fetchone()[0])
    return wait


def is_idle(connection: duckdb.DuckDBPyConnection) -> bool:
    return connection.execute(IDLE).fetchone() == (0, 0, 0)


def test_two_clusters_are_used_from_two_threads_at_once(connect: Connect) -> None:
    connections = [connect("local:2"), connect("local:3")]
    expected = connections[0].execute(COUNT).fetchall()
    found: List[Outcome] = []

    def run(connection: duckdb.DuckDBPyConnection) -> None:
        found.extend(outcome(connection, COUNT) for _ in range(20))

    threads = [threading.Thread(target=run, args=(connection,)) for connection in connections]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(processes.LIMIT_S)
    assert found == [(list, expected)] * 40
    assert [len(processes.worker_pids(connection)) for connection in connections] == [2, 3]
    assert processes.eventually(lambda: all(is_idle(connection) for connection in connections), 10)


def test_closing_one_cluster_in_mid_query_leaves_the_other_at_work(connect: Connect) -> None:
    closed, other = connect(), connect()
    expected = other.execute(COUNT).fetchall()
    cursor = distributed_cursor(closed)
    wait = start_endless(cursor, closed.cursor())
    workers = processes.Watch(processes.worker_pids(closed.cursor()))
    closed.interrupt()
    cursor.interrupt()
    closed.close()
    assert wait()[0] is duckdb.InterruptException
    cursor.close()
    assert workers.all_end_within(10)
    assert other.execute(COUNT).fetchall() == expected


def test_connection_closed_by_another_thread_in_mid_query_ends_the_query(connect: Connect) -> None:
    connection = connect()
    cursor, watcher = distributed_cursor(connection), connection.cursor()
    wait = start_endless(cursor, watcher)
    closed = processes.in_background(lambda: [cursor.interrupt(), cursor.close()])
    assert wait()[0] is not list
    closed()
    assert processes.eventually(lambda: is_idle(watcher), 10)
    assert connection.execute(COUNT).fetchone()[0] > 0


def test_thread_that_ends_leaves_its_result_to_others(connect: Connect) -> None:
    connection = connect()
    results: List[duckdb.DuckDBPyConnection] = []
    thread = threading.Thread(target=lambda: results.append(connection.execute("SELECT l_orderkey FROM lineitem")))
    thread.start()
    thread.join(processes.LIMIT_S)
    assert len(results[0].fetchmany(10)) == 10
    rest = len(results[0].fetchall())
    assert connection.execute("SELECT count(*) FROM lineitem").fetchall() == [(rest + 10,)]
    assert processes.eventually(lambda: is_idle(connection), 10)


def test_thread_that_drops_its_cursor_in_mid_result_leaves_nothing(connect: Connect) -> None:
    connection = connect()

    def read_a_little() -> None:
        with distributed_cursor(connection) as cursor:
            assert len(cursor.execute("SELECT l_orderkey, l_comment FROM lineitem").fetchmany(10)) == 10

    for _ in range(5):
        thread = threading.Thread(target=read_a_little)
        thread.start()
        thread.join(processes.LIMIT_S)
    assert processes.eventually(lambda: is_idle(connection), 10)
    assert connection.execute(COUNT).fetchone()[0] > 0


@pytest.mark.parametrize("cluster", ["local:3", ""])
def test_cluster_set_anew_while_a_query_runs_lets_it_end_on_the_old_one(connect: Connect, cluster: str) -> None:
    connection = connect()
    expected = connection.execute(COUNT).fetchall()
    old = processes.worker_pids(connection)
    watched, cursor = processes.Watch(old), distributed_cursor(connection)
    wait = start_endless(cursor, connection)
    connection.execute(f"SET GLOBAL skein_cluster = '{cluster}'")
    cursor.interrupt()
    assert wait()[0] is not list
    assert watched.all_end_within(10)
    assert connection.execute(COUNT).fetchall() == expected
    assert not set(processes.worker_pids(connection)) & set(old)


def test_statements_of_many_cursors_at_once_are_all_right(connect: Connect) -> None:
    connection = connect()
    expected = connection.execute(COUNT).fetchall()
    waits = []
    for number in range(8):
        cursor = distributed_cursor(connection)
        sql = COUNT if number % 2 else "SELECT error('wrong ' || l_orderkey) FROM lineitem"
        waits.append(processes.in_background(lambda cursor=cursor, sql=sql: [outcome(cursor, sql) for _ in range(5)]))
    for number, wait in enumerate(waits):
        for kind, value in wait():
            assert (kind, value) == (list, expected) if number % 2 else kind is duckdb.InvalidInputException
    assert processes.eventually(lambda: is_idle(connection), 10)


def test_damaged_file_whose_name_is_no_text_is_an_error_and_loses_no_worker(
    connect: Connect, tmp_path: pathlib.Path
) -> None:
    connection = connect()
    path = tmp_path / "a.parquet"
    connection.execute(f"COPY (SELECT 's' || i AS s FROM range(30000) t(i)) TO '{path}' (ROW_GROUP_SIZE 10240)")
    with path.open("r+b") as file:
        file.seek(4)
        file.write(b"\xff" * 4096)
    os.rename(path, os.fsencode(tmp_path) + b"/\xff.parquet")
    connection.execute(COUNT).fetchall()
    pids = processes.worker_pids(connection)
    kind, text = outcome(connection, f"SELECT max(s) FROM read_parquet('{tmp_path}/*.parquet')")
    assert kind is duckdb.InvalidInputException and f"{tmp_path}/?.parquet" in text
    assert connection.execute(COUNT).fetchone()[0] > 0
    assert processes.worker_pids(connection) == pids

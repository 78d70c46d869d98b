"""Worker processes live exactly as long as the connection that they serve."""

import signal
import subprocess
import sys
from typing import Callable

import duckdb
import processes
import skein

Connect = Callable[..., duckdb.DuckDBPyConnection]

COUNT = "SELECT count(*), sum(l_quantity) FROM lineitem WHERE l_linenumber > 1"
# Prints the pids of its workers, then waits for a line before it ends without closing anything.
HOST = """
import sys, skein
connection = skein.connect("local:2")
connection.execute("SET skein_mode = 'distributed'")
connection.execute("SELECT sum(l_quantity) FROM read_parquet(?)", [sys.argv[1] + "/lineitem/*.parquet"]).fetchall()
print(*[pid for (pid,) in connection.execute("SELECT pid FROM skein_workers()").fetchall()], flush=True)
sys.stdin.readline()
"""


def start_host(tpch_folder: object) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", HOST, str(tpch_folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def watch_workers_of(host: "subprocess.Popen[str]") -> processes.Watch:
    pids = [int(pid) for pid in host.stdout.readline().split()]
    assert len(pids) == 2
    return processes.Watch(pids)


def test_no_worker_runs_before_the_first_query(connect: Connect) -> None:
    assert processes.worker_pids(connect()) == []


def test_closing_the_connection_ends_the_workers(connect: Connect) -> None:
    connection = connect("local:4")
    connection.execute(COUNT).fetchall()
    pids = processes.worker_pids(connection)
    assert len(set(pids)) == 4
    workers = processes.Watch(pids)
    connection.close()
    assert workers.all_end_within(10)


def test_closing_a_cursor_keeps_the_workers(connect: Connect) -> None:
    connection = connect()
    with connection.cursor() as cursor:
        cursor.execute("SET skein_mode = 'distributed'")
        cursor.execute(COUNT).fetchall()
        pids = processes.worker_pids(cursor)
    assert connection.execute(COUNT).fetchone()[0] > 0
    assert processes.worker_pids(connection) == pids


def test_two_connections_have_clusters_of_their_own(connect: Connect) -> None:
    first, second = connect(), connect()
    first.execute(COUNT).fetchall()
    second.execute(COUNT).fetchall()
    assert not set(processes.worker_pids(first)) & set(processes.worker_pids(second))


def test_workers_end_when_their_process_is_killed(tpch_folder: object) -> None:
    with start_host(tpch_folder) as host:
        workers = watch_workers_of(host)
        host.send_signal(signal.SIGKILL)
        assert workers.all_end_within(10)


def test_workers_end_when_their_process_ends_without_closing(tpch_folder: object) -> None:
    with start_host(tpch_folder) as host:
        workers = watch_workers_of(host)
        host.communicate("\n", timeout=processes.LIMIT_S)
        assert host.returncode == 0
        assert workers.all_end_within(10)


def test_closing_leaves_no_thread_and_no_descriptor(tpch_folder: object) -> None:
    def run_and_close() -> None:
        with skein.connect("local:2") as connection:
            connection.execute("SET skein_mode = 'distributed'")
            connection.execute(
                f"SELECT sum(l_quantity) FROM read_parquet('{tpch_folder}/lineitem/*.parquet')"
            ).fetchall()

    run_and_close()  # libraries keep a few for the life of the process
    threads, descriptors = processes.thread_count(), processes.descriptor_count()
    for _ in range(3):
        run_and_close()
    assert processes.eventually(lambda: processes.thread_count() <= threads, 10)
    assert processes.eventually(lambda: processes.descriptor_count() <= descriptors, 10)


def test_workers_do_the_work(connect: Connect) -> None:
    connection = connect("local:2")
    connection.execute(COUNT).fetchall()
    processes_of_cluster = processes.worker_pids(connection)
    before = sum(map(processes.cpu_seconds, processes_of_cluster)), processes.cpu_seconds("self")
    for _ in range(3):
        connection.execute(
            "SELECT sum(length(regexp_replace(l_comment, '[aeiou]+', '-', 'g'))) FROM lineitem"
        ).fetchall()
    workers = sum(map(processes.cpu_seconds, processes_of_cluster)) - before[0]
    client = processes.cpu_seconds("self") - before[1]
    assert workers / (workers + client) > 0.8

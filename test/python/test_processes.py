"""Worker processes live exactly as long as the connection that they serve."""

import os
import signal
import subprocess
import sys
import threading
from typing import Callable, List

import duckdb
import processes
import pytest
import skein

Connect = Callable[..., duckdb.DuckDBPyConnection]

COUNT = "SELECT count(*), sum(l_quantity) FROM lineitem WHERE l_linenumber > 1"
# Prints the pids of its workers, then waits for a line before it ends by the statement that it was given.
HOST = """
import os, signal, sys, skein
connection = skein.connect("local:2")
connection.execute("SET skein_mode = 'distributed'")
connection.execute("SELECT sum(l_quantity) FROM read_parquet(?)", [sys.argv[1] + "/lineitem/*.parquet"]).fetchall()
print(*[pid for (pid,) in connection.execute("SELECT pid FROM skein_workers()").fetchall()], flush=True)
sys.stdin.readline()
exec(sys.argv[2])
"""
# A forked copy of the host prints how it used the connection, ends as it was told to, and then the parent uses it.
FORK = """
import duckdb
child = os.fork()
if child == 0:
    try:
        connection.execute("SELECT sum(l_quantity) FROM read_parquet(?)", [sys.argv[1] + "/lineitem/*.parquet"])
    except duckdb.Error as error:
        print(str(error).replace(chr(10), " "), flush=True)
    {end}
print(os.waitpid(child, 0)[1], flush=True)
print(connection.execute("SELECT count(*) > 0 FROM read_parquet(?) WHERE l_tax < 1",
                         [sys.argv[1] + "/lineitem/*.parquet"]).fetchone()[0], flush=True)
print(*[pid for (pid,) in connection.execute("SELECT pid FROM skein_workers()").fetchall()], flush=True)
"""
# A forked copy of the host opens a connection of its own; the alarm ends one that would wait for ever.
FORK_THAT_CONNECTS = """
import duckdb
{before}
child = os.fork()
if child == 0:
    signal.alarm(20)
    own = skein.connect("local:1")
    own.execute("SET skein_mode = 'distributed'")
    own.execute("CREATE TABLE mine AS SELECT 42 AS answer")
    try:
        own.execute("SELECT count(*) FROM read_parquet(?)", [sys.argv[1] + "/lineitem/*.parquet"]).fetchall()
    except duckdb.Error as error:
        print(str(error).replace(chr(10), " "), flush=True)
    own.execute("SET skein_mode = 'local'")
    print(own.execute("FROM mine").fetchall(), flush=True)
    os._exit(7)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
# A process that was forked lives on when its parent has ended; it prints its pid.
FORK_THAT_STAYS = """
child = os.fork()
if child == 0:
    signal.pause()
print(child, flush=True)
{end}
"""


def start_host(tpch_folder: object, end: str = "") -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", HOST, str(tpch_folder), end],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
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


def test_workers_end_when_their_process_is_terminated(tpch_folder: object) -> None:
    with start_host(tpch_folder) as host:
        workers = watch_workers_of(host)
        host.send_signal(signal.SIGTERM)
        assert workers.all_end_within(10)


@pytest.mark.parametrize(
    "end, code",
    [
        ("", 0),
        ("connection.close()", 0),
        ("sys.exit(3)", 3),
        ("raise RuntimeError('stop')", 1),
        ("os._exit(4)", 4),
        ("os.abort()", -signal.SIGABRT),
    ],
)
def test_workers_end_when_their_process_ends(tpch_folder: object, end: str, code: int) -> None:
    with start_host(tpch_folder, end) as host:
        workers = watch_workers_of(host)
        host.communicate("\n", timeout=processes.LIMIT_S)
        assert host.returncode == code
        assert workers.all_end_within(10)


@pytest.mark.parametrize("end", ["", "sys.exit(3)", "os._exit(4)"])
def test_a_query_in_the_middle_does_not_keep_the_workers(tpch_folder: object, end: str) -> None:
    middle = "connection.execute(\"FROM read_parquet('\" + sys.argv[1] + \"/lineitem/*.parquet')\").fetchmany(3)\n"
    with start_host(tpch_folder, middle + end) as host:
        workers = watch_workers_of(host)
        host.communicate("\n", timeout=processes.LIMIT_S)
        assert workers.all_end_within(10)


def test_workers_outlive_the_thread_that_opened_their_connection(connect: Connect) -> None:
    opened: List[duckdb.DuckDBPyConnection] = []

    def open_and_query() -> None:
        opened.append(connect())
        opened[0].execute(COUNT).fetchall()

    opener = threading.Thread(target=open_and_query)
    opener.start()
    opener.join()
    pids = processes.worker_pids(opened[0])
    # A worker looks for its parent every 500 ms.
    assert not processes.Watch(pids).all_end_within(2)
    assert opened[0].execute(COUNT).fetchone()[0] > 0
    assert processes.worker_pids(opened[0]) == pids


# With sys.exit() DuckDB's own destructors may crash a forked copy: it must end, and nothing of that may reach the workers.
@pytest.mark.parametrize("end", ["os._exit(7)", "sys.exit(7)"])
def test_a_forked_process_gets_an_error_and_leaves_the_workers_alone(tpch_folder: object, end: str) -> None:
    with start_host(tpch_folder, FORK.format(end=end)) as host:
        pids = host.stdout.readline()
        lines = host.communicate("\n", timeout=processes.LIMIT_S)[0].splitlines()
    assert "forked process" in lines[0]
    assert lines[2:] == ["True", pids.strip()]


# What gRPC has begun in the parent it never ends in a copy: not in that moment either in which the last cluster closes.
@pytest.mark.parametrize("before", ["", "connection.close()"])
def test_a_forked_process_cannot_have_a_cluster_of_its_own_and_is_told_the_way_out(
    tpch_folder: object, before: str
) -> None:
    with start_host(tpch_folder, FORK_THAT_CONNECTS.format(before=before)) as host:
        host.stdout.readline()
        lines = host.communicate("\n", timeout=processes.LIMIT_S)[0].splitlines()
    assert "forked process" in lines[0] and "spawn" in lines[0]
    assert lines[1:] == ["[(42,)]", "7"]


@pytest.mark.parametrize("end", ["connection.close()", "os.kill(os.getpid(), signal.SIGKILL)"])
def test_workers_end_although_a_forked_process_lives_on(tpch_folder: object, end: str) -> None:
    with start_host(tpch_folder, FORK_THAT_STAYS.format(end=end)) as host:
        pids = [int(pid) for pid in host.stdout.readline().split()]
        workers = processes.Watch(pids)
        folders = [folder for pid in pids for folder in processes.private_folders(pid)]
        host.stdin.write("\n")
        host.stdin.flush()
        child = int(host.stdout.readline())
        try:
            assert workers.all_end_within(10)
            assert not [folder for folder in folders if folder.exists()]
        finally:
            os.kill(child, signal.SIGKILL)


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

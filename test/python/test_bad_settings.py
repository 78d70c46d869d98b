"""Settings that cannot be meant: refused by name, in one line, and what was set before holds."""

import os
import pathlib
from typing import Callable, List

import duckdb
import processes
import pytest
import skein
import tpch

Connect = Callable[..., duckdb.DuckDBPyConnection]

COUNT = "SELECT count(*) FROM lineitem WHERE l_linenumber > 1"


def error_of(connection: duckdb.DuckDBPyConnection, sql: str) -> str:
    with pytest.raises(duckdb.Error) as caught:
        connection.execute(sql).fetchall()
    return str(caught.value)


@pytest.mark.parametrize(
    "setting, value",
    [
        ("skein_auto_min_rows", "-1"),
        ("skein_auto_min_rows", "'many'"),
        ("skein_auto_min_rows", "NULL"),
        ("skein_auto_min_rows", "1e30"),
        ("skein_task_timeout_ms", "-1"),
        ("skein_task_timeout_ms", "'soon'"),
        ("skein_task_timeout_ms", "NULL"),
        ("skein_task_timeout_ms", "99999999999999999999"),
        ("skein_mode", "'fast'"),
        ("skein_mode", "NULL"),
        ("skein_join", "''"),
        ("skein_aggregate", "'half'"),
        ("skein_sort", "'bubble'"),
        ("skein_copy", "'nobody'"),
        ("skein_recovery", "'on'"),
        ("skein_recovery", "'sometimes'"),
        ("skein_secret", "'two words'"),
        ("skein_secret", "'ä'"),
        ("skein_secret", "repeat('x', 5000)"),
        ("skein_cluster", "'local'"),
        ("skein_cluster", "'local:0'"),
        ("skein_cluster", "'local:-1'"),
        ("skein_cluster", "'local:100000'"),
        ("skein_cluster", "'local:2?'"),
        ("skein_cluster", "'local:2?threads=0'"),
        ("skein_cluster", "'local:2?threads=100000'"),
        ("skein_cluster", "'local:2?memory=0GB'"),
        ("skein_cluster", "'local:2?memory=4'"),
        ("skein_cluster", "'local:2?memory=-4GB'"),
        ("skein_cluster", "'local:2?colour=red'"),
        ("skein_cluster", "'local:2?threads=1&threads=2'"),
        ("skein_cluster", "'local:2?memory=1GB&threads=2&memory=2GB'"),
        ("skein_cluster", "'here'"),
        ("skein_cluster", "'here:0'"),
        ("skein_cluster", "'here:65536'"),
        ("skein_cluster", "'here:http'"),
        ("skein_cluster", "'here:1,,there:2'"),
        ("skein_cluster", "'here:1,here:1'"),
        ("skein_cluster", "3"),
    ],
)
def test_wrong_value_is_one_line_with_the_settings_name(connect: Connect, setting: str, value: str) -> None:
    connection = connect()
    before = connection.execute(f"SELECT current_setting('{setting}')").fetchall()
    scope = "GLOBAL " if setting in ("skein_cluster", "skein_secret") else ""
    text = error_of(connection, f"SET {scope}{setting} = {value}")
    assert setting in text and "\n" not in text
    assert connection.execute(f"SELECT current_setting('{setting}')").fetchall() == before


def test_wrong_cluster_keeps_the_workers_of_the_right_one(connect: Connect) -> None:
    connection = connect()
    connection.execute(COUNT).fetchall()
    pids = processes.worker_pids(connection)
    error_of(connection, "SET GLOBAL skein_cluster = 'local:0'")
    assert connection.execute(COUNT).fetchone()[0] > 0
    assert processes.worker_pids(connection) == pids


@pytest.mark.parametrize("wrong", ["two words", "ä"])
def test_secret_that_no_header_carries_is_not_shown(connect: Connect, wrong: str) -> None:
    assert wrong not in error_of(connect(), f"SET GLOBAL skein_secret = '{wrong}'")


def test_auto_min_rows_takes_numbers_of_all_kinds(connect: Connect) -> None:
    connection = connect()
    for value in ("0", "1000", "'1000'", "18446744073709551615"):
        connection.execute(f"SET skein_auto_min_rows = {value}")
        assert connection.execute("SELECT current_setting('skein_auto_min_rows')").fetchall() == [(value.strip("'"),)]


def started(binary_or_folder: str, connect: Connect) -> duckdb.DuckDBPyConnection:
    connection = connect()
    connection.execute("CREATE TABLE mine AS SELECT 42 AS answer")
    connection.execute(binary_or_folder)
    return connection


@pytest.mark.parametrize("folder", ["/nowhere", "/proc", "/dev/null"])
def test_temp_directory_that_cannot_be_written_is_named_with_its_setting(connect: Connect, folder: str) -> None:
    connection = started(f"SET GLOBAL skein_temp_directory = '{folder}'", connect)
    text = error_of(connection, COUNT)
    assert f"'{folder}'" in text and "skein_temp_directory" in text and "\n" not in text
    connection.execute("RESET GLOBAL skein_temp_directory")
    assert connection.execute("FROM mine").fetchall() == [(42,)]


@pytest.mark.parametrize("program", ["/nowhere/skein", "/tmp", "/bin/true"])
def test_program_that_is_no_worker_is_named_with_its_setting(connect: Connect, program: str) -> None:
    connection = started(f"SET GLOBAL skein_worker_binary = '{program}'", connect)
    text = error_of(connection, COUNT)
    assert f"'{program}'" in text and "skein_worker_binary" in text and "\n" not in text
    connection.execute(f"SET GLOBAL skein_worker_binary = '{skein.worker_binary()}'")
    assert connection.execute(COUNT).fetchone()[0] > 0


@pytest.mark.parametrize("memory, why", [("1MB", "at least 64MiB"), ("9000TB", "more than this machine has")])
def test_memory_that_no_worker_can_have_is_refused(connect: Connect, memory: str, why: str) -> None:
    connection = connect(f"local:2?memory={memory}")
    text = error_of(connection, COUNT)
    assert "--memory" in text and why in text and "\n" not in text
    connection.execute("SET GLOBAL skein_cluster = 'local:2'")
    assert connection.execute(COUNT).fetchone()[0] > 0


def test_failed_starts_leave_no_process_thread_or_descriptor(connect: Connect, tmp_path: pathlib.Path) -> None:
    connection = connect("local:2?memory=1MB")
    connection.execute(f"SET GLOBAL skein_temp_directory = '{tmp_path}'")
    error_of(connection, COUNT)
    threads, descriptors, children = processes.thread_count(), processes.descriptor_count(), children_of_self()
    for _ in range(5):
        error_of(connection, COUNT)
    assert processes.eventually(lambda: processes.thread_count() <= threads, 10)
    assert processes.eventually(lambda: processes.descriptor_count() <= descriptors, 10)
    assert children_of_self() == children and list(tmp_path.iterdir()) == []


def children_of_self() -> List[str]:
    folders = pathlib.Path("/proc/self/task").iterdir()
    return sorted(pid for folder in folders for pid in (folder / "children").read_text().split())


@pytest.mark.parametrize(
    "sql",
    [
        "SELEC 1",
        "SELECT FROM WHERE",
        "SELECT 'unfinished FROM lineitem",
        "SELECT nothing FROM lineitem",
        "SELECT l_quantity FROM lineitem GROUP BY l_orderkey",
        "SELECT no_such_function(l_quantity) FROM lineitem",
        "FROM no_such_table",
        "SELECT sum(l_comment) FROM lineitem",
        "SELECT * FROM lineitem JOIN orders USING (nothing)",
        "SELECT (SELECT l_orderkey, l_partkey FROM lineitem)",
    ],
)
def test_error_of_parser_and_binder_is_that_of_duckdb(connect: Connect, tpch_folder: pathlib.Path, sql: str) -> None:
    with duckdb.connect() as plain:
        tpch.create_views(plain, tpch_folder)
        with pytest.raises(duckdb.Error) as expected:
            plain.execute(sql).fetchall()
    with pytest.raises(type(expected.value)) as caught:
        connect().execute(sql).fetchall()
    assert str(caught.value) == str(expected.value)


def test_read_only_database_refuses_to_be_written_and_is_read(connect: Connect, tmp_path: pathlib.Path) -> None:
    path = str(tmp_path / "own.duckdb")
    with duckdb.connect(path) as plain:
        plain.execute("CREATE TABLE own AS FROM range(1000) t(i)")
    with skein.connect("local:2", database=path, read_only=True) as connection:
        connection.execute("SET skein_mode = 'distributed'")
        assert "read-only" in error_of(connection, "CREATE TABLE other AS SELECT sum(i) FROM own")
        assert connection.execute("SELECT sum(i) FROM own").fetchall() == [(499500,)]


def test_second_load_changes_nothing(connect: Connect) -> None:
    connection = connect()
    expected = connection.execute(COUNT).fetchall()
    pids = processes.worker_pids(connection)
    for one in (connection, connection.cursor()):
        one.execute(f"LOAD '{skein.extension_path()}'")
    assert connection.execute(COUNT).fetchall() == expected
    assert processes.worker_pids(connection) == pids


def test_set_before_load_is_an_error_of_duckdb_and_after_it_works(tpch_folder: pathlib.Path) -> None:
    with duckdb.connect(config={"allow_unsigned_extensions": True}) as connection:
        assert "skein_cluster" in error_of(connection, "SET GLOBAL skein_cluster = 'local:2'")
        connection.execute(f"LOAD '{skein.extension_path()}'")
        connection.execute(f"SET GLOBAL skein_worker_binary = '{skein.worker_binary()}'")
        connection.execute("SET GLOBAL skein_cluster = 'local:2'").execute("SET skein_mode = 'distributed'")
        sql = f"SELECT count(*) > 0 FROM read_parquet('{tpch_folder}/orders/*.parquet') WHERE o_orderkey > 3"
        assert connection.execute(sql).fetchall() == [(True,)]
        assert len(processes.worker_pids(connection)) == 2


def test_reset_cluster_ends_the_workers(connect: Connect) -> None:
    connection = connect()
    expected = connection.execute(COUNT).fetchall()
    workers = processes.Watch(processes.worker_pids(connection))
    connection.execute("RESET GLOBAL skein_cluster")
    assert workers.all_end_within(10)
    connection.execute("SET skein_mode = 'local'")
    assert connection.execute(COUNT).fetchall() == expected


def test_environment_secret_that_no_header_carries_is_refused_by_its_name(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "SKEIN_SECRET", "two words")
    text = error_of(connect("127.0.0.1:1"), COUNT)
    assert "SKEIN_SECRET" in text and "two words" not in text


def test_workers_by_address_without_a_secret_say_where_to_put_one(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(os.environ, "SKEIN_SECRET", raising=False)
    text = error_of(connect("127.0.0.1:1"), COUNT)
    assert "skein_secret" in text and "SKEIN_SECRET" in text

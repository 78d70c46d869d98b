"""COPY to a folder: what the workers write, what the statement returns, and that a failed one leaves nothing."""

import os
import pathlib
import signal
import threading
from typing import Any, List

import duckdb
import processes
import pytest
from conftest import Connect

ROWS = "SELECT l_orderkey, l_linenumber, l_shipmode, l_extendedprice::DOUBLE AS l_extendedprice, l_comment FROM lineitem"
SLOW = f"{ROWS} WHERE hash(l_comment || l_shipmode || repeat(l_comment, 300)) <> 7"


def everything_below(folder: pathlib.Path) -> List[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def stages_of(connection: duckdb.DuckDBPyConnection, statement: str) -> str:
    return dict(connection.execute("EXPLAIN " + statement).fetchall()).get("skein_stages", "")


def reasons_of(connection: duckdb.DuckDBPyConnection, statement: str) -> str:
    return dict(connection.execute("EXPLAIN " + statement).fetchall()).get("skein_client", "")


def rows_of(connection: duckdb.DuckDBPyConnection, sql: str) -> List[Any]:
    return connection.execute(f"SELECT count(*), sum(hash(x)) FROM ({sql}) x").fetchall()


@pytest.mark.parametrize(
    "options",
    [
        "FORMAT parquet, PER_THREAD_OUTPUT",
        "FORMAT parquet, PER_THREAD_OUTPUT, COMPRESSION zstd, ROW_GROUP_SIZE 5000",
        "FORMAT parquet, FILE_SIZE_BYTES '1MB'",
        "FORMAT parquet, ROW_GROUPS_PER_FILE 2, ROW_GROUP_SIZE 20000",
        "FORMAT csv, PER_THREAD_OUTPUT, HEADER, DELIMITER '|'",
        "FORMAT csv, FILE_SIZE_BYTES '1MB', COMPRESSION gzip, FILE_EXTENSION 'csv.gz'",
        "FORMAT json, PER_THREAD_OUTPUT",
    ],
)
def test_folder_holds_the_rows(connect: Connect, tmp_path: pathlib.Path, options: str) -> None:
    connection = connect("local:3")
    statement = f"COPY ({ROWS}) TO '{tmp_path}/out' ({options})"
    assert "COPY_TO_FILE" in stages_of(connection, statement)
    assert everything_below(tmp_path) == []
    assert connection.execute(statement).fetchall() == connection.execute("SELECT count(*) FROM lineitem").fetchall()
    names = everything_below(tmp_path / "out")
    assert len(names) > 1 and all(name.startswith("data_") for name in names)
    kind = options.split()[1].strip(",")
    found = f"SELECT COLUMNS(*)::VARCHAR FROM read_{kind}('{tmp_path}/out/*')"
    assert rows_of(connection, found) == rows_of(connection, f"SELECT COLUMNS(*)::VARCHAR FROM ({ROWS})")


def test_partitions_hold_their_rows(connect: Connect, tmp_path: pathlib.Path) -> None:
    connection = connect("local:2")
    connection.execute(f"COPY ({ROWS}) TO '{tmp_path}/out' (FORMAT parquet, PARTITION_BY (l_shipmode))")
    modes = [row[0] for row in connection.execute("SELECT DISTINCT l_shipmode FROM lineitem ORDER BY 1").fetchall()]
    assert sorted(os.listdir(tmp_path / "out")) == sorted(f"l_shipmode={mode.replace(' ', '%20')}" for mode in modes)
    by_mode = "SELECT l_shipmode, count(*), sum(l_extendedprice::DECIMAL(15, 2)) FROM {} GROUP BY ALL ORDER BY ALL"
    written = f"read_parquet('{tmp_path}/out/*/*.parquet', hive_partitioning = true)"
    assert connection.execute(by_mode.format(written)).fetchall() == connection.execute(
        by_mode.format(f"({ROWS})")
    ).fetchall()


def test_files_and_statistics_are_returned_by_their_last_names(connect: Connect, tmp_path: pathlib.Path) -> None:
    connection = connect("local:2")
    count, files = connection.execute(
        f"COPY ({ROWS}) TO '{tmp_path}/files' (FORMAT parquet, PER_THREAD_OUTPUT, RETURN_FILES)"
    ).fetchone()
    assert sorted(files) == [str(tmp_path / "files" / name) for name in everything_below(tmp_path / "files")]
    statistics = connection.execute(
        f"COPY ({ROWS}) TO '{tmp_path}/statistics' (FORMAT parquet, PARTITION_BY (l_shipmode), RETURN_STATS)"
    ).fetchall()
    assert sum(row[1] for row in statistics) == count
    for name, rows, size, *_ in statistics:
        assert os.path.getsize(name) == size
        assert connection.execute(f"SELECT count(*) FROM '{name}'").fetchone() == (rows,)


def test_prepared_copy_writes_each_time(connect: Connect, tmp_path: pathlib.Path) -> None:
    connection = connect("local:2")
    connection.execute(
        f"PREPARE write AS COPY (SELECT * FROM ({ROWS}) WHERE l_orderkey < 3000) TO '{tmp_path}/out' "
        "(FORMAT parquet, PER_THREAD_OUTPUT, OVERWRITE)"
    )
    for _ in range(3):
        (count,) = connection.execute("EXECUTE write").fetchone()
        assert connection.execute(f"SELECT count(*) FROM '{tmp_path}/out/*.parquet'").fetchone() == (count,)
    assert set(everything_below(tmp_path / "out")) <= {"data_0.parquet", "data_1.parquet"}


def test_overwrite_replaces_what_it_reads(connect: Connect, tmp_path: pathlib.Path) -> None:
    connection = connect("local:2")
    connection.execute(f"COPY ({ROWS}) TO '{tmp_path}/out' (FORMAT parquet, PER_THREAD_OUTPUT)")
    (before,) = connection.execute(f"SELECT count(*) FROM '{tmp_path}/out/*.parquet' WHERE l_linenumber > 3").fetchone()
    copied = connection.execute(
        f"COPY (SELECT * FROM '{tmp_path}/out/*.parquet' WHERE l_linenumber > 3) TO '{tmp_path}/out' "
        "(FORMAT parquet, PER_THREAD_OUTPUT, OVERWRITE)"
    ).fetchone()
    assert copied == (before,) == connection.execute(f"SELECT count(*) FROM '{tmp_path}/out/*.parquet'").fetchone()


FAILING = "SELECT *, CASE WHEN l_orderkey = 100_000 THEN error('one hundred thousand') END AS e FROM lineitem"


@pytest.mark.parametrize("options", ["PER_THREAD_OUTPUT", "PARTITION_BY (l_shipmode)", "FILE_SIZE_BYTES '500KB'"])
def test_failed_copy_leaves_nothing(connect: Connect, tmp_path: pathlib.Path, options: str) -> None:
    connection = connect("local:2")
    with pytest.raises(duckdb.InvalidInputException, match="one hundred thousand"):
        connection.execute(f"COPY ({FAILING}) TO '{tmp_path}/out' (FORMAT parquet, {options})")
    assert everything_below(tmp_path) == []


def test_failed_overwrite_keeps_what_was_there(connect: Connect, tmp_path: pathlib.Path) -> None:
    connection = connect("local:2")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(duckdb.InvalidInputException, match="one hundred thousand"):
        connection.execute(f"COPY ({FAILING}) TO '{tmp_path}/out' (FORMAT parquet, PER_THREAD_OUTPUT, OVERWRITE)")
    assert everything_below(tmp_path) == ["out", "out/mine.txt"]
    assert (tmp_path / "out" / "mine.txt").read_text() == "mine"


def test_names_that_cannot_be_given_undo_those_that_were(connect: Connect, tmp_path: pathlib.Path) -> None:
    connection = connect("local:3")
    (tmp_path / "out" / "data_2.parquet").mkdir(parents=True)  # no file can take its place
    (tmp_path / "out" / "data_0.parquet").write_text("mine")
    before = everything_below(tmp_path)
    statement = f"COPY ({ROWS}) TO '{tmp_path}/out' (FORMAT parquet, PER_THREAD_OUTPUT, OVERWRITE_OR_IGNORE)"
    with pytest.raises(duckdb.IOException, match="data_2.parquet"):
        connection.execute(statement)
    assert everything_below(tmp_path) == before
    assert (tmp_path / "out" / "data_0.parquet").read_text() == "mine"


def test_interrupted_copy_leaves_nothing(connect: Connect, tmp_path: pathlib.Path) -> None:
    connection = connect("local:2")
    statement = f"COPY ({SLOW}) TO '{tmp_path}/out' (FORMAT parquet, PARTITION_BY (l_shipmode))"
    interrupt = threading.Thread(
        target=lambda: processes.eventually(lambda: list(tmp_path.rglob("task-*"))) and connection.interrupt()
    )
    interrupt.start()
    try:
        with pytest.raises(duckdb.InterruptException):
            connection.execute(statement)
    finally:
        interrupt.join()
    assert everything_below(tmp_path) == []


def test_loss_of_a_worker_leaves_nothing(connect: Connect, tmp_path: pathlib.Path) -> None:
    connection = connect("local:2")
    connection.execute("SELECT count(*) FROM lineitem").fetchall()
    victim = processes.worker_pids(connection)[0]
    killer = threading.Thread(
        target=lambda: processes.eventually(lambda: list(tmp_path.rglob("task-*")))
        and os.kill(victim, signal.SIGKILL)
    )
    killer.start()
    try:
        with pytest.raises(duckdb.IOException, match="worker lost"):
            connection.execute(f"COPY ({SLOW}) TO '{tmp_path}/out' (FORMAT parquet, PARTITION_BY (l_shipmode))")
    finally:
        killer.join()
    assert everything_below(tmp_path) == []
    assert rows_of(connection, ROWS)[0][0] == 600572  # a worker in its place has removed what was its own


def test_errors_about_the_target_are_those_of_duckdb(connect: Connect, tmp_path: pathlib.Path) -> None:
    connection = connect("local:2")
    (tmp_path / "file").write_text("x")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("x")
    for target in ("file", "full", "not/there"):
        statement = f"COPY ({ROWS}) TO '{tmp_path}/{target}' (FORMAT parquet, PER_THREAD_OUTPUT)"
        messages = []
        for mode in ("distributed", "local"):
            connection.execute(f"SET skein_mode = '{mode}'")
            with pytest.raises(duckdb.IOException) as caught:
                connection.execute(statement)
            messages.append(str(caught.value))
        assert messages[0] == messages[1] or "Failed to create directory" in messages[0]
    assert everything_below(tmp_path) == ["file", "full", "full/file"]


def test_client_writes_one_file_and_says_so(connect: Connect, tmp_path: pathlib.Path) -> None:
    connection = connect("local:2")
    statement = f"COPY ({ROWS}) TO '{tmp_path}/one.parquet'"
    assert "COPY_TO_FILE" not in stages_of(connection, statement)
    assert "one file is written by one process" in reasons_of(connection, statement)
    connection.execute("SET skein_copy = 'client'")
    statement = f"COPY ({ROWS}) TO '{tmp_path}/out' (FORMAT parquet, PER_THREAD_OUTPUT)"
    assert "skein_copy = 'client'" in reasons_of(connection, statement)
    connection.execute(statement)
    assert rows_of(connection, f"FROM '{tmp_path}/out/*.parquet'") == rows_of(connection, ROWS)


@pytest.mark.parametrize(
    "option, reason",
    [
        ("WRITE_BLOOM_FILTER false", "WRITE_BLOOM_FILTER false"),
        ("FILENAME_PATTERN 'below/part_{i}'", "the names of the files name folders"),
        ("FILE_EXTENSION 'x/../y'", "the names of the files name folders"),
    ],
)
def test_client_writes_what_workers_would_not_write_alike(
    connect: Connect, tmp_path: pathlib.Path, option: str, reason: str
) -> None:
    statement = f"COPY ({ROWS}) TO '{tmp_path}/out' (FORMAT parquet, PER_THREAD_OUTPUT, {option})"
    assert reason in reasons_of(connect("local:2"), statement)


@pytest.mark.parametrize("option", ["SHREDDING {'v': 'VARCHAR'}", "ENCRYPTION_CONFIG {footer_key: 'key'}"])
def test_client_writes_what_workers_cannot(connect: Connect, tmp_path: pathlib.Path, option: str) -> None:
    connection = connect("local:2").execute("SET force_mbedtls_unsafe = true")
    connection.execute("PRAGMA add_parquet_key('key', '0123456789112345')")  # this key guards nothing
    rows = "SELECT l_orderkey, l_linenumber::VARIANT AS v FROM lineitem"
    statement = f"COPY ({rows}) TO '{tmp_path}/out' (FORMAT parquet, PER_THREAD_OUTPUT, {option})"
    assert option.split()[0] in reasons_of(connection, statement)
    assert connection.execute(statement).fetchall() == connection.execute("SELECT count(*) FROM lineitem").fetchall()


def test_failed_copy_to_one_file_leaves_nothing(connect: Connect, tmp_path: pathlib.Path) -> None:
    connection = connect("local:2")
    for kind in ("parquet", "csv"):
        with pytest.raises(duckdb.InvalidInputException, match="one hundred thousand"):
            connection.execute(f"COPY ({FAILING}) TO '{tmp_path}/one.{kind}'")
    assert everything_below(tmp_path) == []


def test_directories_that_are_forbidden_are_not_written(connect: Connect, tmp_path: pathlib.Path) -> None:
    connection = connect("local:2")
    connection.execute(f"CREATE TABLE mine AS {ROWS} LIMIT 10")
    connection.execute("SET enable_external_access = false")
    with pytest.raises(duckdb.PermissionException):
        connection.execute(f"COPY (SELECT * FROM mine) TO '{tmp_path}/out' (FORMAT parquet, PER_THREAD_OUTPUT)")
    assert everything_below(tmp_path) == []


def test_relative_target_is_that_of_the_client(
    connect: Connect, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = connect("local:2")
    connection.execute("SELECT count(*) FROM lineitem").fetchall()  # the workers run, elsewhere
    monkeypatch.chdir(tmp_path)
    count, files = connection.execute(
        f"COPY ({ROWS}) TO 'here' (FORMAT parquet, PER_THREAD_OUTPUT, RETURN_FILES)"
    ).fetchone()
    assert sorted(files) == ["here/data_0.parquet", "here/data_1.parquet"]
    assert connection.execute(f"SELECT count(*) FROM '{tmp_path}/here/*.parquet'").fetchone() == (count,)

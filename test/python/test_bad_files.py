"""Files that are not what a query needs: DuckDB's own error where the client meets it, and one line that names worker
and file where only a worker does. Nothing is left afterwards."""

import ctypes
import os
import pathlib
import shutil
import subprocess
import sys
from typing import Callable, Iterator, List

import duckdb
import processes
import pytest
import skein
from footprint import outcome, outcome_of_runs
from worker_process import SECRET, Worker

NOBODY = 65534
CLONE_NEWNS, MS_BIND, MS_REC, MS_PRIVATE = 0x20000, 0x1000, 0x4000, 0x40000


def write(path: pathlib.Path) -> pathlib.Path:
    with duckdb.connect() as plain:
        plain.execute(f"COPY (FROM range(30000) t(i)) TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE 10240)")
    return path


@pytest.fixture(scope="module")
def temp_dir(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return tmp_path_factory.mktemp("temp")


@pytest.fixture(scope="module")
def cluster(temp_dir: pathlib.Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with skein.connect("local:2?threads=1&memory=500MB") as connection:
        connection.execute(f"SET GLOBAL skein_temp_directory = '{temp_dir}'")
        connection.execute("SET skein_mode = 'distributed'")
        connection.execute("CREATE TABLE warm AS FROM range(10)")
        connection.execute("SELECT sum(range) FROM warm").fetchall()
        yield connection


def leave_out(path: pathlib.Path) -> None:
    """There is no such file."""


def make_folder(path: pathlib.Path) -> None:
    path.mkdir()


def make_text(path: pathlib.Path) -> None:
    path.write_text("not a Parquet file, but a text\n" * 100)


def make_empty(path: pathlib.Path) -> None:
    path.touch()


def make_half(path: pathlib.Path) -> None:
    os.truncate(write(path), path.stat().st_size // 2)


def make_footer_of_four_gigabytes(path: pathlib.Path) -> None:
    path.write_bytes(b"PAR1" + b"\xff" * 4 + b"PAR1")


def make_link_to_nothing(path: pathlib.Path) -> None:
    path.symlink_to("/nowhere")


@pytest.mark.parametrize(
    "make",
    [leave_out, make_folder, make_text, make_empty, make_half, make_footer_of_four_gigabytes, make_link_to_nothing],
)
@pytest.mark.parametrize("name", ["bad.parquet", "b*.parquet"])
def test_file_that_the_client_cannot_read_is_the_error_of_duckdb(
    cluster: duckdb.DuckDBPyConnection,
    temp_dir: pathlib.Path,
    tmp_path: pathlib.Path,
    make: Callable[[pathlib.Path], None],
    name: str,
) -> None:
    make(tmp_path / "bad.parquet")
    sql = f"SELECT sum(i) FROM read_parquet('{tmp_path}/{name}')"
    with duckdb.connect() as plain:
        expected = outcome(plain, sql)
    assert expected[0] is not list and str(tmp_path) in expected[1]
    assert outcome_of_runs(cluster, temp_dir, sql) == expected


def become_nobody() -> None:
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def hide(folder: pathlib.Path, behind: pathlib.Path) -> Callable[[], None]:
    """Returns what a new process does to see `behind` in the place of `folder`: its own view of the files, as that of
    another machine."""

    def prepare() -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        for result in (
            libc.unshare(CLONE_NEWNS),
            libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None),
            libc.mount(str(behind).encode(), str(folder).encode(), None, MS_BIND, None),
        ):
            assert result == 0, os.strerror(ctypes.get_errno())

    return prepare


Start = Callable[..., duckdb.DuckDBPyConnection]


@pytest.fixture
def open_path(tmp_path: pathlib.Path) -> pathlib.Path:
    """A folder that other users may enter."""
    for folder in (tmp_path, *list(tmp_path.parents)[:2]):  # those are pytest's own
        folder.chmod(0o755)
    return tmp_path


@pytest.fixture
def connect_to_worker(open_path: pathlib.Path) -> Iterator[Start]:
    """Starts a worker as the function says and connects to it; nothing of it may be left at the end."""
    workers: List[Worker] = []
    folder = open_path / "worker"
    folder.mkdir()
    folder.chmod(0o777)

    def start(prepare: Callable[[], None]) -> duckdb.DuckDBPyConnection:
        workers.append(Worker(folder, prepare=prepare))
        connection = skein.connect(workers[0].address)
        connection.execute(f"SET GLOBAL skein_secret = '{SECRET}'").execute("SET skein_mode = 'distributed'")
        return connection

    yield start
    assert [worker.end() for worker in workers] == [0]
    assert list(folder.iterdir()) == []


def needs(is_there: bool) -> Callable[[Callable[..., None]], object]:
    """Leaves a test out where its machine cannot be made: only root may start a process of another user, and not every
    container may give one a view of the files of its own."""
    return lambda test: test if is_there else None


needs_root = needs(os.geteuid() == 0)
needs_views = needs(subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode == 0)


@needs_root
def test_file_that_the_worker_may_not_read_is_named(connect_to_worker: Start, tmp_path: pathlib.Path) -> None:
    path = write(tmp_path / "closed.parquet")
    path.chmod(0o600)
    with connect_to_worker(become_nobody) as connection:
        kind, text = outcome_of_runs(connection, tmp_path / "worker", f"SELECT sum(i) FROM '{path}'")
        assert kind is duckdb.IOException and str(path) in text and "Permission denied" in text
        path.chmod(0o644)
        assert connection.execute(f"SELECT sum(i) FROM '{path}'").fetchall() == [(449985000,)]


@needs_root
def test_text_file_that_the_worker_may_not_read_is_named(connect_to_worker: Start, tmp_path: pathlib.Path) -> None:
    for name in ("0.csv", "1.csv"):
        (tmp_path / name).write_text("i\n1\n2\n")
    (tmp_path / "1.csv").chmod(0o600)
    sql = f"SELECT sum(i) FROM read_csv('{tmp_path}/*.csv')"
    with connect_to_worker(become_nobody) as connection:
        kind, text = outcome_of_runs(connection, tmp_path / "worker", sql)
        assert kind is duckdb.IOException and f"{tmp_path}/1.csv" in text and "Permission denied" in text
        (tmp_path / "1.csv").chmod(0o644)
        assert connection.execute(sql).fetchall() == [(6,)]


@needs_views
def test_file_that_only_the_client_sees_is_named(connect_to_worker: Start, tmp_path: pathlib.Path) -> None:
    data, nothing = tmp_path / "data", tmp_path / "nothing"
    data.mkdir()
    nothing.mkdir()
    path = write(data / "f.parquet")
    with connect_to_worker(hide(data, nothing)) as connection:
        kind, text = outcome_of_runs(connection, tmp_path / "worker", f"SELECT sum(i) FROM '{path}'")
    assert kind is duckdb.IOException and str(path) in text and "No such file" in text


@needs_views
def test_file_that_is_another_one_for_the_worker_is_named(connect_to_worker: Start, tmp_path: pathlib.Path) -> None:
    data, other = tmp_path / "data", tmp_path / "other"
    data.mkdir()
    path = write(data / "f.parquet")
    shutil.copytree(data, other)
    os.utime(other / "f.parquet", (1, 1))
    with connect_to_worker(hide(data, other)) as connection:
        kind, text = outcome_of_runs(connection, tmp_path / "worker", f"SELECT sum(i) FROM '{path}'")
    assert kind is duckdb.IOException and str(path) in text


# Prints the error of a query of the file that it was given, as a user who may not read it.
QUERY_AS_NOBODY = """
import os, sys, duckdb, skein
with skein.connect("local:2") as connection:
    connection.execute("SET skein_mode = 'distributed'")
    os.seteuid(65534)
    try:
        connection.execute(f"SELECT sum(i) FROM '{sys.argv[1]}'")
    except duckdb.IOException as error:
        print(error)
"""


@needs_root
def test_client_that_may_not_read_a_file_gets_the_error_of_duckdb(open_path: pathlib.Path) -> None:
    path = write(open_path / "closed.parquet")
    path.chmod(0o600)
    command = [sys.executable, "-c", QUERY_AS_NOBODY, str(path)]
    text = subprocess.run(command, capture_output=True, text=True, timeout=processes.LIMIT_S, check=True).stdout
    assert text.startswith("IO Error") and str(path) in text and "Permission denied" in text

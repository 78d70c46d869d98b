"""No test leaves anything behind: hooks of pytest, which conftest.py takes over for test/python and test/cluster.

After the body of each test, for each connection with Skein that is still open: a table in memory reads, no task runs,
no worker retains output, DuckDB has no temporary file and nothing pinned. After its fixtures have ended, and with them
its connections: the threads, descriptors, processes and temporary files of the test process are those from before it.
A test that failed is looked at, too: its error says what its connections held, and its traceback lets them go.

Not looked at: what a module's fixtures hold, before the end of the module. Of threads and descriptors that libraries
keep, census.py says how many are let pass.
"""

import functools
import gc
import io
import os
import pathlib
import shutil
import sys
import tempfile
import threading
import traceback
import weakref
from typing import Any, Callable, Iterator, List, Optional

import duckdb
import footprint
import processes
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
import skein
from census import Census

SETTLE_S = 5.0  # for what ends a moment after its statement or its connection
FOLDERS = ("test/python", "test/cluster")
IN_MEMORY = "footprint"  # a database that each connection gets, for one table
IS_READ_ONLY = "SELECT lower(current_setting('access_mode')) = 'read_only'"
# Of these DuckDB has none between queries. The memory of tables and caches is the user's wish.
PINNED = ("HASH_TABLE", "ORDER_BY", "COLUMN_DATA", "WINDOW", "PARQUET_READER", "EXTENSION")
MEMORY = "SELECT tag, memory_usage_bytes FROM duckdb_memory()"  # without an aggregate: that would hold some itself
TEMPORARY = "FROM duckdb_temporary_files()"


class Leftovers:
    """The connections that tests have opened, and what there was before the test that runs. One for a run of pytest."""

    def __init__(self) -> None:
        self._temp_dir = pathlib.Path(tempfile.mkdtemp(prefix="skein-test-"))  # a short name: sockets are below it
        self._temp_dir_before = os.environ.get("TMPDIR")
        os.environ["TMPDIR"] = str(self._temp_dir)
        tempfile.tempdir = None  # as it was found before
        self._attach = skein.attach
        self._opened: List["weakref.ref[duckdb.DuckDBPyConnection]"] = []
        self._before: Optional[Census] = None
        self._is_shared = False  # a fixture of the module may hold something
        self._is_noting = False  # between the beginning and the end of a test that is checked
        skein.attach = self._noting(skein.attach)
        start_what_stays()

    def close(self) -> None:
        skein.attach = self._attach
        os.environ.pop("TMPDIR")
        if self._temp_dir_before is not None:
            os.environ["TMPDIR"] = self._temp_dir_before
        tempfile.tempdir = None
        shutil.rmtree(self._temp_dir, ignore_errors=True)

    def _noting(self, attach: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(attach)
        def attach_and_note(connection: duckdb.DuckDBPyConnection, *arguments: Any, **options: Any) -> None:
            attach(connection, *arguments, **options)
            if not self._is_noting:
                return
            with connection.cursor() as cursor:  # what the connection itself is at stays as it is
                make_table_in_memory(cursor)
            self._opened.append(weakref.ref(connection))

        return attach_and_note

    def begin(self) -> None:
        self._is_noting = True
        if not self._is_shared:
            self._before = Census.take(self._temp_dir)

    def of_open_connections(self) -> List[str]:
        """Says what is left of the connections that are open still."""
        self._opened = [reference for reference in self._opened if reference() is not None]
        return [text for reference in self._opened if (connection := reference()) for text in left_by(connection)]

    def of_the_process(self, item: pytest.Item, next_item: Optional[pytest.Item]) -> List[str]:
        """Says what is left of a test whose fixtures have ended. Call once for each test."""
        self._is_noting = False
        self._is_shared = self._is_shared or has_fixtures_of_a_module(item)
        if self._is_shared and next_item is not None and next_item.path == item.path:
            return []
        self._is_shared = False
        before = self._before
        if before is None:
            return []
        let_go_of_last_error()
        return after_settling(lambda: Census.take(self._temp_dir).beyond(before))


def start_what_stays() -> None:
    """Has libraries of the tests start what they keep for the life of the process: it is none of a test's."""
    duckdb.default_connection()
    pa.set_cpu_count(1)  # else its pools grow by a thread now and then
    pa.set_io_thread_count(1)
    file = io.BytesIO()
    pa.parquet.write_table(pa.table({"a": [1], "b": [2]}), file)
    pa.parquet.read_table(file)
    pa.csv.read_csv(io.BytesIO(b"a\n1"))  # a thread and a pipe that Ctrl-C is told through


def make_table_in_memory(cursor: duckdb.DuckDBPyConnection) -> None:
    """Makes what `read_table_in_memory` reads. Under a DuckDB that was opened read only there can be none."""
    if cursor.execute(IS_READ_ONLY).fetchone()[0]:
        return
    cursor.execute(f"ATTACH IF NOT EXISTS ':memory:' AS {IN_MEMORY}")
    cursor.execute(f"CREATE TABLE IF NOT EXISTS {IN_MEMORY}.answers AS SELECT 42 AS answer")


def read_table_in_memory(cursor: duckdb.DuckDBPyConnection) -> List[Any]:
    is_read_only = cursor.execute(IS_READ_ONLY).fetchone()[0]
    return cursor.execute("SELECT 42" if is_read_only else f"FROM {IN_MEMORY}.answers").fetchall()


def after_settling(look: Callable[[], List[str]]) -> List[str]:
    """Looks until nothing is found or the time is over. Returns what was found last: one more look could find what a
    late heartbeat tells of a moment before."""
    found: List[str] = []

    def finds_nothing() -> bool:
        found[:] = look()
        return not found

    processes.eventually(finds_nothing, SETTLE_S)
    return found


def let_go_of_last_error() -> None:
    """Drops what the variables of a failed test hold, which pytest keeps with its error for a debugger."""
    error = getattr(sys, "last_value", None)
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__
    for name in ("last_exc", "last_type", "last_value", "last_traceback"):
        if hasattr(sys, name):
            delattr(sys, name)
    gc.collect()


def has_fixtures_of_a_module(item: pytest.Item) -> bool:
    definitions = item._fixtureinfo.name2fixturedefs.values()
    return any(each.scope not in ("function", "session") for of_name in definitions for each in of_name)


def left_by(connection: duckdb.DuckDBPyConnection) -> List[str]:
    """Says what is left of the statements of a connection, of which none runs; nothing for one that is closed."""
    try:
        cursor = connection.cursor()
    except duckdb.ConnectionException:
        return []
    with cursor:
        try:
            if read_table_in_memory(cursor) != [(42,)]:
                return ["a table in memory has other rows"]
            if not what_is_held(cursor):
                return []
            end_pending_result(connection)
            return after_settling(lambda: what_is_held(cursor))
        except duckdb.Error as error:
            return [f"a table in memory cannot be read: {error}"]


def what_is_held(cursor: duckdb.DuckDBPyConnection) -> List[str]:
    """Says what tasks, stores and DuckDB hold; of the workers as of their last heartbeats, half a second old at most."""
    tasks, retained = cursor.execute(footprint.OF_THE_CLUSTER).fetchone()
    found = {"running tasks": tasks, "retained bytes": retained}
    found["bytes pinned in memory"] = sum(size for tag, size in cursor.execute(MEMORY).fetchall() if tag in PINNED)
    found["temporary files of DuckDB"] = len(cursor.execute(TEMPORARY).fetchall())
    return [f"{kind}: {count}" for kind, count in found.items() if count]


def end_pending_result(connection: duckdb.DuckDBPyConnection) -> None:
    """Drops the result of which a test has left rows unread: with it, its query is over. A statement that runs holds
    the connection; then this gives up."""

    def drop() -> None:
        try:
            connection.execute("SELECT 1").fetchall()
        except duckdb.Error:
            pass  # of a transaction that has failed; the result is dropped all the same

    thread = threading.Thread(target=drop, daemon=True)
    thread.start()
    thread.join(SETTLE_S)


LEFTOVERS = pytest.StashKey[Leftovers]()


def is_checked(item: pytest.Item) -> bool:
    return any(item.path.is_relative_to(item.config.rootpath / folder) for folder in FOLDERS)


def pytest_sessionstart(session: pytest.Session) -> None:
    session.config._tmp_path_factory.getbasetemp()  # before TMPDIR changes: pytest's own folders are not looked at
    session.config.stash[LEFTOVERS] = Leftovers()


def pytest_unconfigure(config: pytest.Config) -> None:
    if LEFTOVERS in config.stash:
        config.stash[LEFTOVERS].close()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    if is_checked(item):
        item.config.stash[LEFTOVERS].begin()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    def left() -> List[str]:
        return item.config.stash[LEFTOVERS].of_open_connections() if is_checked(item) else []

    try:
        yield
    except Exception as error:
        if of_failed := left():
            error.add_note(f"and the test has left {of_failed}")
        raise
    assert not (found := left()), f"the test has left {found}"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: Optional[pytest.Item]) -> Iterator[None]:
    yield
    left = item.config.stash[LEFTOVERS].of_the_process(item, nextitem) if is_checked(item) else []
    assert not left, f"the test has left {left}"

"""Errors: the user's own class, one line that names what is wrong, and a connection that goes on working."""

import contextlib
import os
import re
import signal
import socket
import threading
from typing import Callable, Iterator, List

import duckdb
import processes
import pytest
import skein

Connect = Callable[..., duckdb.DuckDBPyConnection]

COUNT = "SELECT count(*), sum(l_quantity) FROM lineitem WHERE l_linenumber > 1"
# About 10^11 pairs of rows: it ends by an error or an interrupt.
ENDLESS = "SELECT sum(a.l_quantity * b.l_quantity) FROM lineitem a JOIN lineitem b ON a.l_linestatus = b.l_linestatus"


@pytest.fixture
def connection(connect: Connect) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with a table in memory, which must be readable at the end and the cluster usable."""
    connection = connect()
    connection.execute("CREATE TABLE mine AS SELECT 42 AS answer")
    yield connection
    assert connection.execute("FROM mine").fetchall() == [(42,)]
    assert connection.execute(COUNT).fetchone()[0] > 0


def run_in_background(connection: duckdb.DuckDBPyConnection, sql: str) -> Callable[[], BaseException]:
    """Starts a statement that is going to fail. The returned function waits for its error."""
    errors: List[BaseException] = []

    def run() -> None:
        try:
            rows = connection.execute(sql).fetchall()
            errors.append(AssertionError(f"rows instead of an error: {rows}"))
        except BaseException as error:  # handed to the test
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()

    def wait_for_error() -> BaseException:
        thread.join(processes.LIMIT_S)
        assert not thread.is_alive(), "the statement still runs"
        return errors[0]

    return wait_for_error


def wait_until_tasks_run(connection: duckdb.DuckDBPyConnection) -> None:
    with connection.cursor() as cursor:
        running = "SELECT count(*) > 0 FROM skein_tasks() WHERE state = 'running'"
        assert processes.eventually(lambda: cursor.execute(running).fetchone()[0])


def pids(connection: duckdb.DuckDBPyConnection) -> List[int]:
    with connection.cursor() as cursor:
        return processes.worker_pids(cursor)


@pytest.mark.parametrize(
    "sql, error",
    [
        ("SELEC 1", duckdb.ParserException),
        ("SELECT nothing FROM lineitem", duckdb.BinderException),
        ("FROM no_such_table", duckdb.CatalogException),
        ("SELECT * FROM read_parquet('/nowhere/*.parquet')", duckdb.IOException),
        ("SELECT sum(CAST(l_comment AS INTEGER)) FROM lineitem", duckdb.ConversionException),
        ("SELECT error('stop at ' || l_orderkey) FROM lineitem", duckdb.InvalidInputException),
    ],
)
def test_error_of_a_statement_keeps_its_class(connection: duckdb.DuckDBPyConnection, sql: str, error: type) -> None:
    with pytest.raises(error):
        connection.execute(sql).fetchall()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT sum(CAST(l_shipmode AS INTEGER)) FROM lineitem WHERE l_shipmode = 'AIR'",
        "SELECT l_shipmode,\n  max(l_orderkey + 9223372036854775807)\nFROM lineitem GROUP BY ALL",
        "SELECT count(*) FROM lineitem WHERE l_comment || 'x' > strptime('no date', '%Y' || l_linestatus)::VARCHAR",
        "SELECT l_partkey FROM lineitem ORDER BY CASE WHEN l_partkey > 0 THEN error('stop') END",
        "CREATE TABLE other AS SELECT decode(encode('a') || '\\xFF'::BLOB) || l_comment FROM lineitem",
    ],
)
def test_error_in_a_worker_is_told_as_duckdb_tells_it(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    texts = []
    for mode in ("local", "distributed"):
        connection.execute(f"SET skein_mode = '{mode}'")
        with pytest.raises(duckdb.Error) as caught:
            connection.execute(sql).fetchall()
        texts.append(f"{caught.type.__name__}: {caught.value}")
    # The row that is met first may be another one; the class, the words and the place in the statement are not.
    assert re.sub(r"'[^']*'|\d+", "#", texts[1]) == re.sub(r"'[^']*'|\d+", "#", texts[0])


@pytest.mark.parametrize("cluster", ["local:many", "local:0", "local:", "local:2?colour=red", "host"])
def test_wrong_cluster_text_is_quoted(cluster: str) -> None:
    with pytest.raises(duckdb.Error, match=re.escape(cluster)):
        skein.connect(cluster)


@pytest.mark.parametrize("statement", ["SET skein_mode = 'fast'"])
def test_wrong_setting_is_refused(connection: duckdb.DuckDBPyConnection, statement: str) -> None:
    with pytest.raises(duckdb.Error, match="fast"):
        connection.execute(statement)


def test_unreachable_worker_is_one_line_with_its_address(connect: Connect) -> None:
    with socket.socket() as bound:  # holds the port and does not listen on it
        bound.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{bound.getsockname()[1]}"
        connection = connect(address)
        connection.execute("SET GLOBAL skein_secret = 'a-secret'")
        with pytest.raises(duckdb.IOException, match=re.escape(address)) as caught:
            connection.execute(COUNT).fetchall()
    assert "\n" not in str(caught.value).strip()


def test_missing_worker_program_is_named(connect: Connect) -> None:
    connection = connect()
    connection.execute("SET GLOBAL skein_worker_binary = '/nowhere/skein'")
    with pytest.raises(duckdb.IOException, match="/nowhere/skein"):
        connection.execute(COUNT).fetchall()


def test_killed_worker_is_an_error_that_names_it(connection: duckdb.DuckDBPyConnection) -> None:
    wait_for_error = run_in_background(connection, ENDLESS)
    wait_until_tasks_run(connection)
    os.kill(pids(connection)[1], signal.SIGKILL)
    error = wait_for_error()
    assert isinstance(error, duckdb.IOException)
    assert re.search(r"worker lost: worker=1\b", str(error))


def test_killed_worker_is_replaced_at_the_next_query(connection: duckdb.DuckDBPyConnection) -> None:
    expected = connection.execute(COUNT).fetchall()
    first = pids(connection)
    killed = processes.Watch([first[0]])
    os.kill(first[0], signal.SIGKILL)
    assert killed.all_end_within()
    lost = "SELECT count(*) > 0 FROM skein_workers() WHERE state = 'lost'"
    assert processes.eventually(lambda: connection.execute(lost).fetchone()[0])
    assert connection.execute(COUNT).fetchall() == expected
    now = pids(connection)
    assert len(now) == 2 and now[0] != first[0] and now[1] == first[1]


def test_stopped_worker_is_lost_and_not_waited_for(connection: duckdb.DuckDBPyConnection) -> None:
    wait_for_error = run_in_background(connection, ENDLESS)
    wait_until_tasks_run(connection)
    stopped = pids(connection)[0]
    os.kill(stopped, signal.SIGSTOP)
    try:
        assert re.search(r"worker lost: worker=0\b", str(wait_for_error()))
    finally:
        with contextlib.suppress(ProcessLookupError):  # Skein ends a lost worker itself, sooner or later
            os.kill(stopped, signal.SIGKILL)


def test_interrupt_ends_the_query(connection: duckdb.DuckDBPyConnection) -> None:
    wait_for_error = run_in_background(connection, ENDLESS)
    wait_until_tasks_run(connection)
    connection.interrupt()
    assert isinstance(wait_for_error(), duckdb.InterruptException)
    states = connection.execute("SELECT state FROM skein_queries()").fetchall()
    assert states == [("cancelled",)]

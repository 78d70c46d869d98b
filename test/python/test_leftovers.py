"""What a test leaves behind makes it fail: pytest runs tests of which each leaves something on purpose."""

import os
import pathlib
import subprocess
import sys
import xml.etree.ElementTree as xml
from typing import Dict

import processes
import pytest
import skein

TOP = pathlib.Path(__file__).resolve().parents[2]
CONFTEST = "from leftovers import *"
TESTS = """
import os, socket, subprocess, tempfile, threading
import leftovers, processes, pytest, skein

kept = []
GROUPS = "SELECT i, count(*) FROM mine GROUP BY i"
MORE_THAN_THE_CLIENT_TAKES_AHEAD = "SELECT i, count(*), repeat('x', 400) FROM mine GROUP BY i"


def prepared(connection):
    return connection.execute("SET skein_mode = 'distributed'").execute("CREATE TABLE mine AS FROM range(900000) t(i)")


@pytest.fixture
def connection():
    with skein.connect("local:2?threads=1") as connection:
        yield prepared(connection)
        connection.interrupt()
        for each in kept:
            if type(each) is type(connection):
                each.close()


def cursor_of(connection):
    kept.append(connection.cursor())
    return kept[-1]


def test_nothing(connection):
    assert connection.execute("SELECT count(*) FROM mine").fetchone() == (900000,)


def test_error(connection):
    with pytest.raises(Exception, match="stop"):
        connection.execute("SELECT error('stop' || i) FROM mine").fetchall()


def test_result_of_the_connection_half_read(connection):
    assert len(connection.execute(MORE_THAN_THE_CLIENT_TAKES_AHEAD).fetchmany(3)) == 3


def test_connection_without_an_owner():
    prepared(skein.connect("local:1")).execute(GROUPS).fetchall()


def test_what_follows_leaves_something():
    leftovers.SETTLE_S = 0.5


def test_result_of_a_cursor_half_read(connection):
    cursor = cursor_of(connection).execute("SET skein_mode = 'distributed'")
    cursor.execute(MORE_THAN_THE_CLIENT_TAKES_AHEAD).fetchmany(3)
    retained = "SELECT sum(retained_bytes) > 0 FROM skein_workers()"  # as of the last heartbeat
    assert processes.eventually(lambda: connection.execute(retained).fetchone()[0])


def test_statement_that_runs(connection):
    endless = "SELECT sum(a.i * b.i) FROM mine a JOIN mine b ON a.i % 2 = b.i % 2"
    threading.Thread(target=lambda: pytest.raises(Exception, connection.execute, endless), daemon=True).start()
    running = "SELECT count(*) > 0 FROM skein_tasks() WHERE state = 'running'"
    cursor = connection.cursor()
    assert processes.eventually(lambda: cursor.execute(running).fetchone()[0])


def test_pins(connection):
    cursor_of(connection).execute("SET skein_mode = 'local'").execute("SELECT i FROM mine ORDER BY hash(i)").fetchone()


def test_table_that_does_not_read(connection):
    connection.execute("DROP TABLE footprint.answers")


def test_thread():
    event = threading.Event()
    kept.append(event)
    threading.Thread(target=event.wait, daemon=True).start()


def test_descriptor():
    kept.append(socket.socket())


def test_process():
    kept.append(subprocess.Popen(["sleep", "60"]))


def test_process_of_a_process():
    kept.append(subprocess.run(["sh", "-c", "sleep 60 >/dev/null & echo $!"], stdout=subprocess.PIPE, text=True))


def test_file():
    kept.append(tempfile.mkstemp())
    os.close(kept[-1][0])


def test_workers():
    kept.append(prepared(skein.connect("local:1")))
    kept[-1].execute(GROUPS).fetchall()


def test_that_fails():
    connection = prepared(skein.connect("local:1"))
    connection.execute(GROUPS).fetchall()
    assert connection is None


def test_that_fails_and_leaves_a_file():
    kept.append(tempfile.mkstemp())
    os.close(kept[-1][0])
    assert False, "as it is meant to"


def test_that_fails_and_leaves_a_result(connection):
    test_result_of_a_cursor_half_read(connection)
    assert False, "as it is meant to"


def test_end():
    kept.pop().close()
    for each in kept:
        if isinstance(each, subprocess.Popen):
            each.kill()
            each.wait()
        if isinstance(each, subprocess.CompletedProcess):
            os.kill(int(each.stdout), 9)
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Dict[str, str]:
    """By test: what it is said to have left; empty for a test that passed."""
    top = tmp_path_factory.mktemp("leaks")
    tests = top / "test" / "python"
    tests.mkdir(parents=True)
    (top / "conftest.py").write_text(CONFTEST)
    (tests / "test_leaks.py").write_text(TESTS)
    paths = [str(TOP / "test"), str(pathlib.Path(skein.__file__).absolute().parents[1])]
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", top, "-c", "/dev/null"]
        + ["--basetemp=temp", "--junitxml=report.xml", "test/python"],
        cwd=top,
        env=dict(os.environ, PYTHONPATH=os.pathsep.join(paths)),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=4 * processes.LIMIT_S,
        check=False,
    )
    assert (top / "report.xml").exists(), result.stdout + result.stderr
    said: Dict[str, str] = {}
    for case in xml.parse(top / "report.xml").getroot().iter("testcase"):
        messages = [each.get("message", "") for tag in ("failure", "error") for each in case.findall(tag)]
        said[case.get("name")] = said.get(case.get("name"), "") + "; ".join(messages)
    return said


@pytest.mark.parametrize(
    "test",
    ["nothing", "error", "result_of_the_connection_half_read", "connection_without_an_owner", "end"],
)
def test_what_leaves_nothing_passes(found: Dict[str, str], test: str) -> None:
    assert found[f"test_{test}"] == ""


def test_what_fails_and_leaves_nothing_fails_by_its_own_error_alone(found: Dict[str, str]) -> None:
    assert found["test_that_fails"].endswith("is None") and "left" not in found["test_that_fails"]


@pytest.mark.parametrize("what, left", [("a_file", "temporary files: ["), ("a_result", "retained bytes")])
def test_what_a_failed_test_leaves_is_said_beside_its_error(found: Dict[str, str], what: str, left: str) -> None:
    said = found[f"test_that_fails_and_leaves_{what}"]
    assert "as it is meant to" in said and left in said


@pytest.mark.parametrize(
    "test, left",
    [
        ("result_of_a_cursor_half_read", "retained bytes"),
        ("statement_that_runs", "running tasks"),
        ("pins", "pinned in memory"),
        ("table_that_does_not_read", "a table in memory cannot be read"),
        ("thread", "threads: ['python']"),
        ("descriptor", "descriptors: ['socket']"),
        ("process", "processes: ["),
        ("process_of_a_process", "processes: ["),
        ("file", "temporary files: ["),
        ("workers", "processes: ["),
    ],
)
def test_what_is_left_is_said(found: Dict[str, str], test: str, left: str) -> None:
    assert left in found[f"test_{test}"]

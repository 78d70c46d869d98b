"""`skein sql` at a terminal: a real pseudo-terminal, driven as a user would."""

import os
import pathlib
import pty
import re
import select
import stat
import subprocess
import time
from typing import Callable, Iterator, Optional

import processes
import pytest
import skein

CTRL_C, CTRL_D, TAB, UP = "\x03", "\x04", "\t", "\x1b[A"
PROMPT, NEXT_PROMPT = "skein> ", "   ...> "


class Terminal:
    """A shell at a terminal of its own."""

    def __init__(self, home: pathlib.Path, *flags: str) -> None:
        self._master, slave = pty.openpty()
        environment = {**os.environ, "HOME": str(home), "TERM": "xterm", "TMPDIR": str(home)}
        environment.pop("XDG_STATE_HOME", None)
        self.process = subprocess.Popen(
            [skein.worker_binary(), "sql", *flags],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            start_new_session=True,
            preexec_fn=lambda: os.close(os.open(os.ttyname(0), os.O_RDWR)),  # the terminal that Ctrl-C comes from
        )
        os.close(slave)

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def until(self, text: str) -> str:
        """Returns what is shown up to `text`, without what moves the cursor."""
        shown, deadline = "", time.monotonic() + processes.LIMIT_S
        while text not in shown:
            ready, _, _ = select.select([self._master], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, f"{text!r} did not come after {shown!r}"
            shown += os.read(self._master, 1 << 16).decode(errors="replace")
            shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)
        return shown

    def run(self, line: str) -> str:
        """Enters a line and returns all that is shown before the next prompt."""
        self.type(line + "\n")
        return self.until("\n" + PROMPT) if line else self.until(PROMPT)

    def end(self) -> Optional[int]:
        self.type(CTRL_D)
        return self.process.wait(processes.LIMIT_S)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(processes.LIMIT_S)
        os.close(self._master)


Open = Callable[..., Terminal]


@pytest.fixture
def open_shell(tmp_path: pathlib.Path) -> Iterator[Open]:
    opened = []

    def start(*flags: str) -> Terminal:
        opened.append(Terminal(tmp_path, *flags))
        opened[-1].until(PROMPT)
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.close()


def test_statement_shows_its_rows_and_ctrl_d_ends(open_shell: Open) -> None:
    shell = open_shell()
    assert "42" in shell.run("SELECT 6 * 7 AS answer;")
    assert shell.end() == 0


def test_statement_goes_on_until_its_semicolon_outside_of_quotes(open_shell: Open) -> None:
    shell = open_shell()
    for line in ("SELECT 'a;", "b' || $$;", "$$ || 'c' /* ;", "*/ -- ;", "AS letters"):
        shell.type(line + "\n")
        shell.until("\n" + NEXT_PROMPT)
    shown = shell.run(";")
    assert "letters" in shown and "c" in shown


def test_error_does_not_end_the_shell(open_shell: Open) -> None:
    shell = open_shell()
    assert "Catalog Error" in shell.run("FROM no_such_table;")
    assert "42" in shell.run("SELECT 42;")


def test_ctrl_c_at_the_prompt_drops_what_was_typed(open_shell: Open) -> None:
    shell = open_shell()
    shell.type("SELECT 'never\n")
    shell.until("\n" + NEXT_PROMPT)
    shell.type("ended")
    shell.until("ended")
    shell.type(CTRL_C)
    shell.until("^C\r\n" + PROMPT)
    assert "42" in shell.run("SELECT 42;")


def test_ctrl_c_cancels_what_runs(open_shell: Open) -> None:
    shell = open_shell()
    shell.run("CREATE TABLE t AS FROM range(100000);")
    shell.type("SELECT 'started'; SELECT count(*) FROM t a, t b WHERE hash(a.range + b.range) = 1;\n")
    shell.until("started")
    shell.until("└")
    shell.type(CTRL_C)
    assert "interrupted" in shell.until("\n" + PROMPT)
    assert "100000" in shell.run("SELECT count(*) FROM t;")


def test_tab_completes_keywords_tables_and_columns(open_shell: Open) -> None:
    shell = open_shell()
    shell.run("CREATE TABLE zebras AS SELECT 17 AS stripes_of_zebra;")
    shell.type("SELECT stripes_of_z" + TAB)
    shell.until("ebra ")  # only what is new is drawn
    shell.type("FRO" + TAB)
    shell.until("M")
    shell.type(" zebr" + TAB)
    shell.until("as ")
    assert "17" in shell.run(";")


def test_tab_shows_the_choices(open_shell: Open) -> None:
    shell = open_shell()
    shell.run("CREATE TABLE zebras_of_a AS SELECT 1; CREATE TABLE zebras_of_b AS SELECT 2;")
    shell.type("FROM zebr" + TAB)
    shell.until("as_of_")
    shell.type(TAB)
    shell.until("zebras_of_a  zebras_of_b")
    assert "2" in shell.run("b;")


def test_history_is_kept_for_this_user_only_and_without_secrets(open_shell: Open, tmp_path: pathlib.Path) -> None:
    shell = open_shell()
    shell.run("SELECT 'remembered' AS x;")
    shell.run("SET GLOBAL skein_secret = 'hush';")
    assert shell.end() == 0
    kept = tmp_path / ".skein_history"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert "remembered" in kept.read_text() and "hush" not in kept.read_text()
    again = open_shell()
    again.type(UP)
    again.until("remembered")
    assert "remembered" in again.run("")


def test_dot_commands_list_themselves_and_the_tables(open_shell: Open) -> None:
    shell = open_shell()
    shown = shell.run(".help")
    assert all(name in shown for name in (".help", ".quit", ".tables", ".mode", ".timer", ".read", ".cluster"))
    shell.run("CREATE TABLE zebras AS SELECT 17 AS stripes;")
    assert "zebras" in shell.run(".tables")


def test_mode_and_timer_change_what_is_shown(open_shell: Open) -> None:
    shell = open_shell()
    shell.run(".mode csv")
    assert "a,b\r\n1,2\r\n" in shell.run("SELECT 1 AS a, 2 AS b;")
    shell.run(".timer on")
    assert re.search(r"\d\.\d{3} s", shell.run("SELECT 1;"))
    shell.run(".timer off")
    assert not re.search(r"\d\.\d{3} s", shell.run("SELECT 1;"))


def test_read_runs_a_file_and_names_one_that_is_missing(open_shell: Open, tmp_path: pathlib.Path) -> None:
    (tmp_path / "two.sql").write_text("SELECT 'first';\nSELECT 'second';\n")
    shell = open_shell()
    shown = shell.run(f".read {tmp_path}/two.sql")
    assert "first" in shown and "second" in shown
    assert "cannot read /nowhere.sql" in shell.run(".read /nowhere.sql")


@pytest.mark.parametrize(
    "line, complaint",
    [
        (".tabels", "no such command: .tabels"),
        (".mode xml", "not 'xml'"),
        (".mode", ".mode takes FORMAT"),
        (".timer", ".timer takes on|off"),
        (".tables now", ".tables takes nothing"),
    ],
)
def test_wrong_command_is_told(open_shell: Open, line: str, complaint: str) -> None:
    shell = open_shell()
    assert complaint in shell.run(line)
    assert "42" in shell.run("SELECT 42;")


def test_line_of_finished_tasks_is_gone_before_the_rows_come(open_shell: Open) -> None:
    shell = open_shell("--cluster", "local:2?threads=1", "--mode", "distributed")
    shell.run("CREATE TABLE t AS FROM range(20000) r(i);")
    shown = shell.run("SELECT count(*) AS pairs FROM t a, t b WHERE hash(a.i + b.i) % 2 < 2;")
    drawn, _, rows = shown.rpartition(" tasks")
    assert re.search(r"\] \d of 3$", drawn) and rows.startswith("\r┌") and "400000000" in rows


def test_cluster_shows_the_workers(open_shell: Open) -> None:
    shell = open_shell("--cluster", "local:2", "--mode", "distributed")
    shell.run("CREATE TABLE t AS FROM range(10);")
    assert "45" in shell.run("SELECT sum(range) FROM t;")
    assert "127.0.0.1:" in shell.run(".cluster")
    shell.type(".quit\n")
    assert shell.process.wait(processes.LIMIT_S) == 0

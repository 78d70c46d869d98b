"""What the documents tell a reader to type, typed: commands, statements and settings are taken from the text itself."""

import os
import pathlib
import re
import shlex
import socket
import subprocess
from typing import Iterator, List, Tuple

import duckdb
import processes
import pytest
import skein
from conftest import Connect

TOP = pathlib.Path(__file__).resolve().parents[2]
README = (TOP / "README.md").read_text(encoding="utf-8")


def blocks(text: str, language: str) -> List[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)


def line_with(words: str) -> str:
    """Returns the only command line of README.md that holds the words, without its comment."""
    found = [line for block in blocks(README, "sh") for line in block.splitlines() if words in line]
    assert len(found) == 1, f"{words}: {found}"
    return found[0].split(" #")[0].strip()


def column_of_table(heading: str) -> List[str]:
    """Returns the code in the first column of the table below a heading."""
    section = README.split(f"## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `([^`]+)`", section, flags=re.MULTILINE)


@pytest.fixture
def demo_folder(tmp_path: pathlib.Path, tpch_folder: pathlib.Path) -> pathlib.Path:
    """A folder in which demo-data/sf1 is there, as after `make demo`."""
    (tmp_path / "demo-data").mkdir()
    (tmp_path / "demo-data" / "sf1").symlink_to(tpch_folder)
    return tmp_path


def test_command_of_the_shell_prints_the_count(demo_folder: pathlib.Path) -> None:
    command = shlex.split(line_with("skein sql"))
    assert command[0] == "skein"
    printed = subprocess.run(
        [skein.worker_binary(), *command[1:]], cwd=demo_folder, capture_output=True, text=True, timeout=60, check=True
    )
    assert "150000" in printed.stdout


def free_ports() -> Tuple[int, int]:
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        second.bind(("127.0.0.1", 0))
        return first.getsockname()[1], second.getsockname()[1]


@pytest.fixture
def documented_workers(tmp_path: pathlib.Path) -> Iterator[List[str]]:
    """Two workers, started by README's command with addresses of this machine; gives these."""
    command = shlex.split(line_with("skein worker"))
    assert command[:3] == ["SKEIN_SECRET=…", "skein", "worker"]
    started, addresses = [], []
    for _ in range(2):
        control, data = free_ports()
        replaced = {"10.0.0.5:7700": f"127.0.0.1:{control}", "7701": str(data)}
        arguments = [replaced.get(word, word) for word in command[3:]]
        assert set(replaced.values()) <= set(arguments)
        environment = dict(os.environ, SKEIN_SECRET="of-the-document", TMPDIR=str(tmp_path))
        worker = subprocess.Popen(
            [skein.worker_binary(), "worker", *arguments], env=environment, stdout=subprocess.PIPE, text=True
        )
        assert "ready" in worker.stdout.readline()
        started.append(worker)
        addresses.append(f"127.0.0.1:{control}")
    yield addresses
    for worker in started:
        worker.terminate()
        assert worker.wait(processes.LIMIT_S) == 0
        worker.stdout.close()


def test_workers_on_several_machines_serve_the_example(
    documented_workers: List[str], tpch_folder: pathlib.Path
) -> None:
    example = next(block for block in blocks(README, "python") if "10.0.0.5" in block)
    example = example.replace("10.0.0.5:7700,10.0.0.6:7700", ",".join(documented_workers))
    names = {"skein": skein}
    exec(example.replace("'…'", "'of-the-document'"), names)  # the document's own lines
    with names["con"] as connection:
        connection.execute("SET skein_mode = 'distributed'")
        count = f"SELECT count(*) FROM '{tpch_folder}/orders/*.parquet'"
        assert connection.execute(count).fetchall() == [(150000,)]


def test_each_thing_to_look_at_is_there(connect: Connect) -> None:
    connection = connect("local:2")
    looks = column_of_table("What you can look at")
    assert len(looks) == 8
    for look in looks:
        rows = connection.execute(look.replace("SELECT …", "SELECT count(*) FROM lineitem")).fetchall()
        assert rows, look


def test_each_setting_has_the_default_that_is_documented() -> None:
    with skein.connect("local:2") as connection:
        real = dict(
            connection.execute("SELECT name, value FROM duckdb_settings() WHERE name LIKE 'skein%'").fetchall()
        )
    section = README.split("## Settings\n")[1].split("\n## ")[0]
    assert set(column_of_table("Settings")) == real.keys()
    documented = dict(re.findall(r"^\| `(skein_\w+)` \| `([^|`]+)` \|", section, flags=re.MULTILINE))
    for name in ["skein_mode", "skein_auto_min_rows", "skein_task_timeout_ms", "skein_recovery", "skein_join"]:
        assert documented[name] == real[name], name


def test_statement_of_the_api_page_runs(connect: Connect, tmp_path: pathlib.Path) -> None:
    statement = blocks((TOP / "docs" / "cpp-api.md").read_text(encoding="utf-8"), "sql")[0]
    connection = connect("local:2")
    orders = tmp_path / "orders.parquet"
    connection.execute(f"COPY (SELECT i % 9 AS customer_id, i AS amount FROM range(900) t(i)) TO '{orders}'")
    rows = connection.execute(statement.replace("orders.parquet", str(orders))).fetchall()
    assert sorted(rows) == [(k, sum(range(k, 900, 9))) for k in range(9)]


def test_extension_loads_as_documented() -> None:
    assert '`duckdb.connect(config={"allow_unsigned_extensions": True})`' in README
    with duckdb.connect(config={"allow_unsigned_extensions": True}) as connection:
        connection.execute(f"LOAD '{skein.extension_path()}'")
        assert connection.execute("SELECT count(*) FROM skein_workers()").fetchall() == [(0,)]

"""Workers that cannot be used and workers that cannot start: one line that names them and what to change."""

import contextlib
import os
import pathlib
import re
import shutil
import socket
import subprocess
from typing import Callable, List

import duckdb
import processes
import pytest
import skein
from worker_process import Worker, connect_to

Connect = Callable[..., duckdb.DuckDBPyConnection]

COUNT = "SELECT count(*), sum(l_quantity) FROM lineitem WHERE l_linenumber > 1"


def start(*flags: str, secret: str = "a-secret") -> "subprocess.CompletedProcess[str]":
    """Runs a worker that is going to refuse its start."""
    return subprocess.run(
        [skein.worker_binary(), "worker", *flags],
        env=dict(os.environ, SKEIN_SECRET=secret),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=processes.LIMIT_S,
        check=False,
    )


def complaint(*flags: str, secret: str = "a-secret") -> str:
    result = start(*flags, secret=secret)
    assert result.returncode in (1, 2) and result.stdout == ""
    assert result.stderr.startswith("skein worker: ") and result.stderr.count("\n") == 1
    return result.stderr


@pytest.mark.parametrize("flag", ["--listen", "--data-port"])
def test_port_in_use_is_named_with_its_flag(flag: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        listen = port if flag == "--listen" else 0
        text = complaint("--listen", f"127.0.0.1:{listen}", *(["--data-port", str(port)] if listen == 0 else []))
    assert f"127.0.0.1:{port}" in text and flag in text


def test_port_of_another_worker_is_in_use(tmp_path: pathlib.Path) -> None:
    worker = Worker(tmp_path)
    try:
        assert worker.address in complaint("--listen", worker.address)
    finally:
        assert worker.end() == 0


@pytest.mark.parametrize(
    "address", ["192.0.2.1:0", "no.such.host.invalid:0", "a b:0", "127.0.0.1:0:0", "127.0.0.1", ":0", "127.0.0.1:x", ""]
)
def test_address_that_is_none_is_named_with_its_flag(address: str) -> None:
    text = complaint("--listen", address)
    assert "--listen" in text and (address.partition(":")[0] in text or repr(address.partition(":")[2]) in text)


@pytest.mark.parametrize(
    "flags",
    [
        ["--threads", "0"],
        ["--threads", "100000"],
        ["--threads", "many"],
        ["--memory", "1MB"],
        ["--memory", "-1GB"],
        ["--memory", "9000TB"],
        ["--disk", "some"],
        ["--input-queue", "0"],
        ["--retained-memory", "4X"],
        ["--data-port", "65536"],
        ["--temp-dir", "/nowhere"],
        ["--temp-dir", "/dev/null"],
        ["--log-level", "loud"],
        ["--secret-file", "/nowhere"],
        ["--secret-file", "/tmp"],
        ["--secret-file", "/dev/zero"],
        ["--colour", "red"],
    ],
)
def test_flag_out_of_range_is_named(flags: List[str]) -> None:
    text = complaint("--listen", "127.0.0.1:0", *flags)
    names = {"--secret-file": "secret", "--log-level": "log level", "--temp-dir": flags[1]}
    assert names.get(flags[0], flags[0]) in text


@pytest.mark.parametrize("secret", ["", " ", "two words", "ä", "x" * 5000])
def test_secret_that_no_header_carries_is_refused_without_showing_it(secret: str) -> None:
    text = complaint("--listen", "127.0.0.1:0", secret=secret)
    assert "secret" in text and (not secret.strip() or secret not in text)


@pytest.fixture
def other_build(tmp_path: pathlib.Path) -> pathlib.Path:
    """The program with a DuckDB that says it was built from other sources."""
    native = pathlib.Path(skein.worker_binary()).parent
    library = (native / "libduckdb.so").read_bytes()
    assert source_id().encode() in library
    shutil.copy(native / "skein", tmp_path / "skein")
    (tmp_path / "libduckdb.so").write_bytes(library.replace(source_id().encode(), b"0" * len(source_id())))
    for arrow in native.glob("libskein_arrow*"):
        (tmp_path / arrow.name).symlink_to(arrow)
    return tmp_path / "skein"


def source_id() -> str:
    return duckdb.sql("PRAGMA version").fetchone()[1]


def test_worker_of_another_build_is_refused_with_both_builds(connect: Connect, other_build: pathlib.Path) -> None:
    connection = connect()
    connection.execute("CREATE TABLE mine AS SELECT 42 AS answer")
    connection.execute(f"SET GLOBAL skein_worker_binary = '{other_build}'")
    with pytest.raises(duckdb.IOException, match="another build") as caught:
        connection.execute(COUNT).fetchall()
    message = str(caught.value)
    assert source_id() in message and "0" * len(source_id()) in message and "same release" in message
    assert "\n" not in message
    connection.execute(f"SET GLOBAL skein_worker_binary = '{skein.worker_binary()}'")
    assert connection.execute("SELECT sum(answer) FROM mine").fetchall() == [(42,)]


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x00" * 1000, b""])
def test_server_that_is_no_worker_is_named(connect: Connect, answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        connection = connect(address)
        connection.execute("SET GLOBAL skein_secret = 'a-secret'")
        held: List[socket.socket] = []

        def serve() -> None:
            with contextlib.suppress(OSError):  # it is shut down
                while True:
                    held.append(server.accept()[0])
                    held[-1].sendall(answer)

        wait = processes.in_background(serve)
        with pytest.raises(duckdb.IOException, match=re.escape(address)) as caught:
            connection.execute(COUNT).fetchall()
        server.shutdown(socket.SHUT_RDWR)
        wait()
        for client in held:
            client.close()
    assert "\n" not in str(caught.value)


def test_data_port_is_not_taken_for_the_one_to_connect_to(connect: Connect, tmp_path: pathlib.Path) -> None:
    worker = Worker(tmp_path)
    connection = connect_to(connect, [worker])
    address = f"127.0.0.1:{worker.data_port}"
    connection.execute(f"SET GLOBAL skein_cluster = '{address}'")
    with pytest.raises(duckdb.IOException, match=f"{address}: .*--listen.*--data-port") as caught:
        connection.execute(COUNT).fetchall()
    assert "\n" not in str(caught.value)
    connection.close()
    assert worker.end() == 0


def test_refused_secret_leaves_the_other_worker_usable(connect: Connect, tmp_path: pathlib.Path) -> None:
    workers = [Worker(tmp_path) for _ in range(2)]
    connection = connect_to(connect, workers, secret="wrong")
    with pytest.raises(duckdb.IOException, match="refused the cluster's secret"):
        connection.execute(COUNT).fetchall()
    connection.close()
    right = connect_to(connect, workers)
    assert right.execute(COUNT).fetchone()[0] > 0
    right.close()
    assert [worker.end() for worker in workers] == [0, 0]

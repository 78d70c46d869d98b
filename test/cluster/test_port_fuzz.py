"""Garbage on the ports of a worker: it stays, answers, and gives back what it took for them."""

import os
import pathlib
import re
from typing import Iterator

import duckdb
import ports
import processes
import pytest
import skein
from worker_process import SECRET, Worker

# `make fuzz-ports N=100000` for a long run.
INPUTS = int(os.environ.get("SKEIN_FUZZ_INPUTS", "3000"))
SEED = int(os.environ.get("SKEIN_SEED", "20261121"))
POOLED_THREADS = 4  # by which the pools of gRPC grow and shrink
MEMORY_KB = 96_000  # how much a worker may grow: its allocator keeps some of what many connections had


def memory_kb(pid: int) -> int:
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text()).group(1))


@pytest.fixture
def path(tmp_path: pathlib.Path) -> pathlib.Path:
    with duckdb.connect() as plain:
        plain.execute(f"COPY (FROM range(30000) t(i)) TO '{tmp_path}/f.parquet' (ROW_GROUP_SIZE 10240)")
    return tmp_path / "f.parquet"


@pytest.fixture
def worker(tmp_path: pathlib.Path) -> Iterator[Worker]:
    folder = tmp_path / "worker"
    folder.mkdir()
    worker = Worker(folder)
    yield worker
    assert worker.end() == 0
    assert list(folder.iterdir()) == []


def test_worker_outlives_garbage_on_all_its_ports(worker: Worker, path: pathlib.Path) -> None:
    pid = worker.process.pid
    with skein.connect(worker.address) as connection:
        connection.execute(f"SET GLOBAL skein_secret = '{SECRET}'").execute("SET skein_mode = 'distributed'")
        fuzzer = ports.PortFuzzer(worker, path, SEED)
        fuzzer.run(INPUTS // 4)  # the allocator and the pools of the libraries grow
        assert ports.answers(connection, path)
        descriptors, threads, memory = processes.descriptor_count(pid), processes.thread_count(pid), memory_kb(pid)
        fuzzer.run(INPUTS)
        assert worker.process.poll() is None
        assert ports.answers(connection, path)
        assert processes.eventually(lambda: processes.descriptor_count(pid) <= descriptors), "descriptors"
        assert processes.eventually(lambda: processes.thread_count(pid) <= threads + POOLED_THREADS), "threads"
        assert memory_kb(pid) <= memory + MEMORY_KB
        work = "SELECT sum(tasks), sum(retained_bytes) FROM skein_workers()"
        assert processes.eventually(lambda: connection.execute(work).fetchall() == [(0, 0)])

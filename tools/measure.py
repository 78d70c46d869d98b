"""Measures TPC-H on a local cluster beside DuckDB in the same process, in turns, and returns plain values for JSON.

A shape is workers x threads of each; DuckDB gets as many threads as the cluster has in all. Each query runs on both
sides, one right after the other; who begins changes with every repetition, and the order of the queries comes from a
seed. Each answer of the cluster is held against the one that DuckDB gave beside it.
"""

import contextlib
import datetime
import os
import pathlib
import platform
import random
import re
import subprocess
import time
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Sequence, Tuple

import duckdb
import limited
import tpch

import skein

Progress = Callable[[str], None]
TOP = pathlib.Path(__file__).resolve().parent.parent
WARM_UP = "SELECT count(*), sum(l_quantity) FROM lineitem"
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class Shape(NamedTuple):
    workers: int
    threads: int

    @property
    def name(self) -> str:
        return f"{self.workers}x{self.threads}"

    @property
    def cluster(self) -> str:
        return f"local:{self.workers}?threads={self.threads}"


class Pair(NamedTuple):
    """Both sides of one shape, ready and warm. They are closed with the pair."""

    plain: duckdb.DuckDBPyConnection
    cluster: duckdb.DuckDBPyConnection
    workers: List[int]  # their processes


class Cpu:
    """Sums up the processor's seconds of DuckDB, of client and workers, and of all else on the machine meanwhile."""

    def __init__(self, workers: Sequence[int]) -> None:
        self._workers = workers
        self.spent = dict.fromkeys(("duckdb", "client", "workers", "others_beside_duckdb", "others_beside_skein"), 0.0)

    @contextlib.contextmanager
    def of_duckdb(self) -> Iterator[None]:
        with self._counted("duckdb", "others_beside_duckdb"):
            yield

    @contextlib.contextmanager
    def of_skein(self) -> Iterator[None]:
        with self._counted("client", "others_beside_skein"):
            yield

    @contextlib.contextmanager
    def _counted(self, own: str, others: str) -> Iterator[None]:
        before = self._now()
        yield
        client, workers, machine = (now - then for now, then in zip(self._now(), before))
        self.spent[own] += client
        self.spent["workers"] += workers if own == "client" else 0.0
        self.spent[others] += machine - client - workers

    def _now(self) -> Tuple[float, float, float]:
        return cpu_seconds(os.getpid()), sum(map(cpu_seconds, self._workers)), machine_cpu_seconds()


def cpu_seconds(pid: int) -> float:
    """Returns user and system time of a process, without that of its children."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def machine_cpu_seconds() -> float:
    """Returns what all processes of the machine have used: user, nice, system, and the interrupts."""
    first = pathlib.Path("/proc/stat").read_text(encoding="utf-8").splitlines()[0].split()
    return sum(int(first[field]) for field in (1, 2, 3, 6, 7)) / _TICKS_PER_S


def parse_shape(text: str) -> Shape:
    """Reads "2x1": two workers of one thread. Raises ValueError."""
    if not re.fullmatch(r"[1-9][0-9]*x[1-9][0-9]*", text):
        raise ValueError(f"a shape is WORKERSxTHREADS, such as 2x1, not '{text}'")
    return Shape(*map(int, text.split("x")))


def machine() -> Dict[str, Any]:
    """Says what the figures were measured on."""
    models = re.findall(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.M)
    memory_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpu": models[0] if models else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(memory_bytes / 1e9, 1),
        "system": platform.system() + " " + platform.release(),
        "load_before": [round(value, 2) for value in os.getloadavg()],
    }


def skein_build() -> str:
    """Returns the program's version and the commit of this repository, marked when files differ from it."""
    command = [skein.worker_binary(), "--version"]
    version = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.strip()
    describe = ["git", "-C", str(TOP), "describe", "--always", "--dirty", "--exclude=*"]
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        commit = subprocess.run(describe, capture_output=True, text=True, check=True, timeout=60).stdout.strip()
        return f"{version} ({commit})"
    return version


@contextlib.contextmanager
def open_pair(shape: Shape, data: pathlib.Path) -> Iterator[Pair]:
    """Starts the workers and runs one query on both sides, which is not counted."""
    plain = duckdb.connect(config={"threads": shape.workers * shape.threads})
    with plain, skein.connect(shape.cluster) as cluster:
        cluster.execute("SET skein_mode = 'distributed'")
        for connection in (plain, cluster):
            connection.execute("SET enable_progress_bar = false")
            tpch.create_views(connection, data)
            limited.rows_of(connection, WARM_UP)
        pids = cluster.execute("SELECT pid FROM skein_workers() ORDER BY worker").fetchall()
        yield Pair(plain, cluster, [pid for (pid,) in pids])


def run_both(pair: Pair, sql: str, is_duckdb_first: bool, cpu: Cpu, into: Dict[str, Any]) -> None:
    """Runs a query once on each side and adds what it took and whether the answers are the same."""
    answers: Dict[str, List[tpch.Row]] = {}
    sides = [("duckdb", pair.plain, cpu.of_duckdb), ("skein", pair.cluster, cpu.of_skein)]
    for side, connection, counted in sides if is_duckdb_first else reversed(sides):
        with counted():
            start = time.perf_counter()
            answers[side] = limited.rows_of(connection, sql)
            into[f"{side}_s"].append(time.perf_counter() - start)
    work = limited.works(pair.cluster)[-1]
    into.update(stages=work.stages, shuffle_bytes=work.shuffle_bytes)
    into["is_same"] = into["is_same"] and tpch.same_answer(sql, answers["skein"], answers["duckdb"])


def measure_shape(
    shape: Shape, data: pathlib.Path, names: Sequence[str], repetitions: int, seed: int, progress: Progress
) -> Dict[str, Any]:
    """Runs the named queries; returns seconds, stages, shuffled bytes and verdict of each, and the processor's time."""
    texts = tpch.queries()
    found = {name: {"duckdb_s": [], "skein_s": [], "is_same": True} for name in names}
    with open_pair(shape, data) as pair:
        cpu = Cpu(pair.workers)
        for repetition in range(repetitions):
            progress(f"{shape.name}: repetition {repetition + 1} of {repetitions}")
            order = list(enumerate(names))
            random.Random(f"{seed} {shape.name} {repetition}").shuffle(order)
            for position, name in order:
                run_both(pair, texts[name], (position + repetition) % 2 == 0, cpu, found[name])
    return {"name": shape.name, "cluster": shape.cluster, "queries": found, "cpu_s": cpu.spent}


def scale_factor_of(data: pathlib.Path) -> float:
    """Returns the scale factor of a data set: it has 10,000 suppliers for each."""
    with duckdb.connect() as plain:
        return plain.execute(f"SELECT count(*) FROM '{data}/supplier/*.parquet'").fetchone()[0] / 10000


def measure(
    shapes: Sequence[Shape], data: pathlib.Path, names: Sequence[str], repetitions: int, seed: int, progress: Progress
) -> Dict[str, Any]:
    """Measures all shapes, one after the other; returns one value with everything that the figures depend on."""
    result = {
        "date": datetime.date.today().isoformat(),
        "versions": {"duckdb": duckdb.__version__, "skein": skein_build()},
        "machine": machine(),
        "scale_factor": scale_factor_of(data),
        "repetitions": repetitions,
        "seed": seed,
    }
    result["shapes"] = [measure_shape(shape, data, names, repetitions, seed, progress) for shape in shapes]
    return result

"""What the tests need to know about processes, read from /proc."""

import contextlib
import os
import pathlib
import select
import signal
import threading
import time
from typing import Callable, Iterable, Iterator, List, TypeVar

import duckdb

LIMIT_S = 30  # of every wait in a test that no other limit bounds
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_T = TypeVar("_T")


class Watch:
    """Tells when processes have ended; made while they run, so that a pid cannot be mistaken for a later one."""

    def __init__(self, pids: Iterable[int]) -> None:
        self._descriptors = [os.pidfd_open(pid) for pid in pids]

    def all_end_within(self, limit_s: float = LIMIT_S) -> bool:
        """Waits for the ends; says whether all came in time. Use once."""
        poll, deadline = select.poll(), time.monotonic() + limit_s
        waiting = set(self._descriptors)
        for descriptor in waiting:
            poll.register(descriptor, select.POLLIN)
        while waiting and time.monotonic() < deadline:
            for descriptor, _ in poll.poll(1000):
                poll.unregister(descriptor)
                waiting.remove(descriptor)
        for descriptor in self._descriptors:
            os.close(descriptor)
        return not waiting


def worker_pids(connection: duckdb.DuckDBPyConnection) -> List[int]:
    return [pid for (pid,) in connection.execute("SELECT pid FROM skein_workers() ORDER BY worker").fetchall()]


def cpu_seconds(pid: int) -> float:
    """Returns user and system time of a process."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def thread_count(pid: object = "self") -> int:
    return len(os.listdir(f"/proc/{pid}/task"))


def descriptor_count(pid: object = "self") -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def private_folders(pid: int) -> List[pathlib.Path]:
    """Returns the folders for temporary files of a worker."""
    return list(pathlib.Path(os.environ.get("TMPDIR", "/tmp")).glob(f"skein-worker-{pid}-*"))


def private_files(pid: int) -> List[pathlib.Path]:
    return [path for folder in private_folders(pid) for path in sorted(folder.rglob("*")) if path.is_file()]


def thread_names(pid: int) -> List[str]:
    names = []
    for folder in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            names.append((folder / "comm").read_text().strip())
        except OSError:
            continue  # it has ended
    return names


@contextlib.contextmanager
def stopped(pid: int) -> Iterator[None]:
    """Stops a process, as a debugger or a machine that freezes would, and lets it go on at the end."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def pids_with_environment(marker: str) -> List[int]:
    """Returns the processes whose environment holds `marker`."""
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if marker.encode() in (folder / "environ").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue  # it has ended, or is not ours
    return found


def eventually(condition: Callable[[], bool], limit_s: float = LIMIT_S) -> bool:
    """Asks until the answer is yes or the time is over: for what nothing can be waited on."""
    deadline = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        select.select([], [], [], 0.01)
    return True


def in_background(body: Callable[[], _T]) -> Callable[[], _T]:
    """Starts `body` in a thread. The returned function waits for its end and returns what it returned."""
    results: List[_T] = []
    thread = threading.Thread(target=lambda: results.append(body()), daemon=True)
    thread.start()

    def wait() -> _T:
        thread.join(LIMIT_S)
        assert results, "it still runs, or it raised"
        return results[0]

    return wait

"""A `skein worker` that a test starts by itself."""

import os
import pathlib
import re
import signal
import subprocess
from typing import Callable, List, Optional

import duckdb
import processes
import skein

SECRET = "correct-horse"


class Worker:
    """One worker process; `address` is where its control plane listens."""

    def __init__(
        self, temp_dir: pathlib.Path, *flags: str, memory: str = "1GB", prepare: Optional[Callable[[], None]] = None
    ) -> None:
        """`prepare` runs in the new process before the program."""
        self.process = subprocess.Popen(
            [skein.worker_binary(), "worker", "--listen", "127.0.0.1:0", "--threads", "1", "--memory", memory, *flags],
            env=dict(os.environ, SKEIN_SECRET=SECRET, TMPDIR=str(temp_dir)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=prepare,
        )
        line = self.process.stdout.readline()
        found = re.search(r"control=(\S+) data=\S+:(\d+)", line)
        assert found, f"not ready: {line!r}"
        self.address, self.data_port = found.group(1), int(found.group(2))

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(processes.LIMIT_S)
        self.process.stdout.close()
        return status


def connect_to(
    connect: Callable[..., duckdb.DuckDBPyConnection], workers: List[Worker], secret: str = SECRET
) -> duckdb.DuckDBPyConnection:
    connection = connect(",".join(worker.address for worker in workers))
    connection.execute(f"SET GLOBAL skein_secret = '{secret}'")
    return connection

"""The workers of a configuration, and fresh DuckDB instances that use them.

Workers are started by hand and named by address, so that each script gets an instance of its own (nothing of another
script can be left in it) without new processes. Not safe to use from several threads.
"""

import os
import re
import secrets
import subprocess
from typing import List, Optional

import duckdb
import skein
from sqltest.configurations import Configuration

END_LIMIT_S = 30


class Cluster:
    def __init__(self, configuration: Configuration) -> None:
        self._secret = secrets.token_hex(16)
        self._workers: List[subprocess.Popen] = []
        self._addresses: List[str] = []
        try:
            for _ in range(configuration.workers):
                self._start(configuration)
        except BaseException:
            self.close()
            raise

    def _start(self, configuration: Configuration) -> None:
        command = [skein.worker_binary(), "worker", "--listen", "127.0.0.1:0", "--threads", "1", "--parent-pipe"]
        memory = () if configuration.flags else ("--memory", "1GB")
        process = subprocess.Popen(
            [*command, *memory, *configuration.flags],
            env=dict(os.environ, SKEIN_SECRET=self._secret),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._workers.append(process)
        line = process.stdout.readline()
        found = re.search(r"control=(\S+)", line)
        if not found:
            raise RuntimeError(f"the worker is not ready: {line!r}")
        self._addresses.append(found[1])

    def is_whole(self) -> bool:
        """Says whether all workers still run."""
        return all(worker.poll() is None for worker in self._workers)

    def connect(self, configuration: Configuration) -> duckdb.DuckDBPyConnection:
        """Opens an instance in which every query that can be distributed is."""
        if not configuration.workers:
            return duckdb.connect()
        connection = skein.connect(",".join(self._addresses))
        connection.execute(f"SET GLOBAL skein_secret = '{self._secret}'")
        for name, value in (("skein_mode", "distributed"), *configuration.settings):
            connection.execute(f"SET {name} = '{value}'")
        return connection

    def close(self) -> None:
        """Ends the workers: their parent's pipe closes."""
        for worker in self._workers:
            worker.stdin.close()
        for worker in self._workers:
            try:
                worker.wait(END_LIMIT_S)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()
            worker.stdout.close()
        self._workers = []


class Clusters:
    """Keeps one cluster: that of the configuration asked for last, and of those with the same workers."""

    def __init__(self) -> None:
        self._cluster: Optional[Cluster] = None
        self._kind: object = None

    def of(self, configuration: Configuration) -> Cluster:
        kind = (configuration.workers, configuration.flags)
        if self._cluster is None or self._kind != kind or not self._cluster.is_whole():
            self.close()
            self._cluster, self._kind = Cluster(configuration), kind
        return self._cluster

    def close(self) -> None:
        if self._cluster is not None:
            self._cluster.close()
        self._cluster = None

"""Skein runs DuckDB on many machines: the same SQL, the same answers, more machines.

    import skein

    con = skein.connect("local:4")
    con.sql("SELECT count(*) FROM 'data/*.parquet'").show()

``connect`` returns a connection of the unmodified ``duckdb`` package with Skein's extension loaded.
"""

from __future__ import annotations

import pathlib
from typing import Any

import duckdb

__all__ = ["connect", "extension_path", "worker_binary"]

#: The one DuckDB release whose C++ interface the extension was built for.
DUCKDB_VERSION = "1.5.5"

_NATIVE = pathlib.Path(__file__).absolute().parent / "native"


def connect(cluster: str = "local:4", **options: Any) -> duckdb.DuckDBPyConnection:
    """Opens a DuckDB connection whose queries may run on a cluster.

    ``cluster`` is ``local:N`` for N worker processes of this machine (``local:4?threads=2&memory=4GB`` sets what each
    of them gets), or ``host:port,host:port`` for workers that run already. ``options`` go to ``duckdb.connect``
    (``database``, ``read_only``, ``config``). No worker is started or called before the first query that needs one.
    Closing the connection, which closes its cursors too, or ending the process ends the local workers.

    Raises RuntimeError where another DuckDB release is installed or the package was not built, and duckdb.Error where
    DuckDB refuses an option or the cluster's text.
    """
    _check_installation()
    config = {"allow_unsigned_extensions": True, **options.pop("config", {})}
    connection = duckdb.connect(config=config, **options)
    try:
        connection.execute(f"LOAD {_quoted(extension_path())}")
        connection.execute(f"SET GLOBAL skein_worker_binary = {_quoted(worker_binary())}")
        connection.execute(f"SET GLOBAL skein_cluster = {_quoted(cluster)}")
    except BaseException:
        connection.close()
        raise
    return connection


def extension_path() -> str:
    """Returns the path of the loadable extension, for a ``LOAD`` of your own."""
    return str(_NATIVE / "skein.duckdb_extension")


def worker_binary() -> str:
    """Returns the path of the ``skein`` program, which also is the worker."""
    return str(_NATIVE / "skein")


def _check_installation() -> None:
    if duckdb.__version__ != DUCKDB_VERSION:
        raise RuntimeError(
            f"skein needs duckdb=={DUCKDB_VERSION}, found {duckdb.__version__}: pip install duckdb=={DUCKDB_VERSION}"
        )
    for path in (extension_path(), worker_binary()):
        if not pathlib.Path(path).exists():
            raise RuntimeError(f"skein is not built: {path} is missing")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"

"""Skein runs DuckDB on many machines: the same SQL, the same answers, more machines.

    import skein

    con = skein.connect("local:4")
    con.sql("SELECT count(*) FROM 'data/*.parquet'").show()

``connect`` returns a connection of the unmodified ``duckdb`` package with Skein's extension loaded; ``attach`` loads it
into a connection that is open already.
"""

from __future__ import annotations

import pathlib
from typing import Any, Optional

import duckdb

__all__ = ["attach", "connect", "extension_path", "worker_binary"]

#: The one DuckDB release whose C++ interface the extension was built for.
DUCKDB_VERSION = "1.5.5"

_HOW_TO_OPEN = 'duckdb.connect(config={"allow_unsigned_extensions": True}) or skein.connect()'

_NATIVE = pathlib.Path(__file__).absolute().parent / "native"


def connect(cluster: str = "local:4", **options: Any) -> duckdb.DuckDBPyConnection:
    """Opens a DuckDB connection whose queries may run on a cluster.

    ``cluster`` is ``local:N`` for N worker processes of this machine (``local:4?threads=2&memory=4GB`` sets what each
    of them gets), or ``host:port,host:port`` for workers that run already. ``options`` go to ``duckdb.connect``
    (``database``, ``read_only``, ``config``). No worker is started or called before the first query that needs one.
    Closing the connection, which closes its cursors too, or ending the process ends the local workers.

    Raises RuntimeError where another DuckDB release is installed or the package was not built, TypeError where
    ``cluster`` is no text, and duckdb.Error where DuckDB refuses an option or the cluster's text.
    """
    _check_installation()
    config = {"allow_unsigned_extensions": True, **(options.pop("config", None) or {})}
    connection = duckdb.connect(config=config, **options)
    try:
        attach(connection, cluster)
    except BaseException:
        connection.close()
        raise
    return connection


def attach(connection: duckdb.DuckDBPyConnection, cluster: str = "local:4") -> None:
    """Loads Skein into an open DuckDB connection, whose queries may then run on ``cluster`` (as in ``connect``).

    It holds for the whole DuckDB instance: for the connection, its cursors, and other connections to the same database
    of this process. The connection must have been opened with ``config={"allow_unsigned_extensions": True}``. Its
    transaction and its pending result stay as they are. Attaching again with the same cluster does nothing; with
    another one it does what ``SET GLOBAL skein_cluster`` does.

    Raises TypeError where ``connection`` is none of DuckDB or ``cluster`` is no text, RuntimeError where it is
    closed or does not allow unsigned extensions, where another DuckDB release is installed or the package was
    not built, and duckdb.Error where DuckDB refuses the cluster's text.
    """
    if not isinstance(connection, duckdb.DuckDBPyConnection):
        raise TypeError(f"skein.attach needs a duckdb.DuckDBPyConnection, got {type(connection).__name__}")
    if not isinstance(cluster, str):
        raise TypeError(f"skein needs the cluster as a text such as 'local:4', got {type(cluster).__name__}")
    _check_installation()
    try:
        cursor = connection.cursor()  # of its own: the connection's pending result and transaction are the user's
    except duckdb.ConnectionException as error:
        raise RuntimeError(f"the connection is closed: open one with {_HOW_TO_OPEN}") from error
    with cursor:
        if _setting(cursor, "skein_cluster") is None:
            _load(cursor)
        if not _setting(cursor, "skein_worker_binary"):
            cursor.execute(f"SET GLOBAL skein_worker_binary = {_quoted(worker_binary())}")
        if _setting(cursor, "skein_cluster") != cluster:
            cursor.execute(f"SET GLOBAL skein_cluster = {_quoted(cluster)}")


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


def _setting(cursor: duckdb.DuckDBPyConnection, name: str) -> Optional[str]:
    """Returns the text of a setting; None where nobody has registered it."""
    row = cursor.execute("SELECT value FROM duckdb_settings() WHERE name = ?", [name]).fetchone()
    return None if row is None else str(row[0])


def _load(cursor: duckdb.DuckDBPyConnection) -> None:
    if _setting(cursor, "allow_unsigned_extensions") != "true":
        raise RuntimeError(f"the connection does not allow unsigned extensions: open it with {_HOW_TO_OPEN}")
    cursor.execute(f"LOAD {_quoted(extension_path())}")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"

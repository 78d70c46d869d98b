"""Data sets that are written as a whole: made beside their folder, and renamed when they are finished."""

import contextlib
import os
import pathlib
import shutil
import tempfile
from typing import Iterator

import duckdb


@contextlib.contextmanager
def incoming(folder: pathlib.Path) -> Iterator[pathlib.Path]:
    """Gives an empty folder to write to, which becomes ``folder`` at the end: an interrupted run leaves none."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = pathlib.Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        yield made
        os.chmod(made, 0o755)
        _publish(made, folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def connect_with(name: str) -> duckdb.DuckDBPyConnection:
    """Opens a DuckDB with the packaged extension ``name``: tpch or tpcds."""
    package = __import__(f"duckdb_extension_{name}")  # the wheel holds nothing but the extension's file
    root = pathlib.Path(list(package.__path__)[0])
    connection = duckdb.connect()
    connection.execute(f"LOAD '{root}/extensions/v{duckdb.__version__}/{name}.duckdb_extension'")
    return connection


def _publish(made: pathlib.Path, folder: pathlib.Path) -> None:
    try:
        made.rename(folder)
    except OSError:
        if not folder.exists():  # else another process was faster with the same data
            raise

"""The Python package itself."""

import os

import duckdb
import pytest
import skein


def test_connection_is_one_of_duckdb() -> None:
    with skein.connect() as connection:
        assert type(connection) is duckdb.DuckDBPyConnection
        assert connection.execute(
            "SELECT extension_name FROM duckdb_extensions() WHERE loaded AND extension_name = 'skein'"
        ).fetchall()


def test_options_go_to_duckdb(tmp_path: object) -> None:
    with skein.connect("local:1", database=f"{tmp_path}/user.db", config={"threads": 1}) as connection:
        assert connection.execute("SELECT current_setting('threads')").fetchone() == (1,)
        assert connection.execute("SELECT current_setting('skein_cluster')").fetchone() == ("local:1",)
    assert os.path.exists(f"{tmp_path}/user.db")


def test_another_duckdb_is_refused_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duckdb, "__version__", "1.4.0")
    with pytest.raises(RuntimeError, match="needs duckdb==1.5.5, found 1.4.0"):
        skein.connect()


def test_paths_are_those_of_the_package() -> None:
    assert skein.extension_path().endswith("native/skein.duckdb_extension") and os.path.exists(skein.extension_path())
    assert os.access(skein.worker_binary(), os.X_OK)


def test_extension_is_refused_without_the_permission_to_load_it() -> None:
    with duckdb.connect() as connection:
        with pytest.raises(duckdb.IOException, match="unsigned"):
            connection.execute(f"LOAD '{skein.extension_path()}'")

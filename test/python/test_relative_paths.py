"""A relative path is one of the client's working directory, wherever the workers were started: also after it has changed,
and for Parquet, CSV and JSON alike."""

import pathlib
from typing import Callable, Iterator

import duckdb
import pytest
import skein

Go = Callable[[str], None]

COPIES = {
    "a.parquet": "(FORMAT parquet)",
    "a0.csv": "(FORMAT csv)",
    "a1.csv": "(FORMAT csv)",
    "b0.json": "(FORMAT json)",
    "b1.json": "(FORMAT json)",
}
SCANS = ["'a.parquet'", "'a*.csv'", "read_json('b*.json', columns = {i: 'BIGINT'})"]


@pytest.fixture
def folders(tmp_path: pathlib.Path) -> pathlib.Path:
    """Two folders with files of the same names and sizes, in which `i` begins at 10 and at 50."""
    with duckdb.connect() as plain:
        for folder, begin in (("one", 10), ("other", 50)):
            (tmp_path / folder).mkdir()
            for name, how in COPIES.items():
                plain.execute(f"COPY (SELECT range AS i FROM range({begin}, {begin + 5})) TO '{tmp_path}/{folder}/{name}' {how}")
    return tmp_path


@pytest.fixture
def connection(folders: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[duckdb.DuckDBPyConnection]:
    """Its workers were started in the first of the folders."""
    monkeypatch.chdir(folders / "one")
    with skein.connect("local:2?threads=1") as connection:
        connection.execute("SET skein_mode = 'distributed'").execute("SELECT sum(i) FROM 'a.parquet'").fetchall()
        yield connection


@pytest.mark.parametrize("scan", SCANS)
def test_means_the_folder_of_the_statement(
    connection: duckdb.DuckDBPyConnection, folders: pathlib.Path, monkeypatch: pytest.MonkeyPatch, scan: str
) -> None:
    sql = f"SELECT list(DISTINCT i ORDER BY i) FROM {scan}"  # no statistics have the answer
    assert connection.execute(sql).fetchall() == [([10, 11, 12, 13, 14],)]
    monkeypatch.chdir(folders / "other")
    assert connection.execute(sql).fetchall() == [([50, 51, 52, 53, 54],)]
    assert "the client reads" not in str(connection.execute(f"EXPLAIN {sql}").fetchall())


@pytest.mark.parametrize("scan", ["'a.parquet'", "'a*.csv'"])
def test_names_files_as_the_user_did(
    connection: duckdb.DuckDBPyConnection, folders: pathlib.Path, monkeypatch: pytest.MonkeyPatch, scan: str
) -> None:
    monkeypatch.chdir(folders)
    scan = scan.replace("'a", "'other/a")
    with duckdb.connect() as plain:
        expected = plain.execute(f"SELECT DISTINCT filename FROM {scan} ORDER BY ALL").fetchall()
    assert connection.execute(f"SELECT DISTINCT filename FROM {scan} ORDER BY ALL").fetchall() == expected


def test_prepared_statement_is_of_the_folder_in_which_it_runs(
    connection: duckdb.DuckDBPyConnection, folders: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection.execute("PREPARE total AS SELECT sum(i) FROM 'a.parquet' WHERE i % 5 > $1")
    assert connection.execute("EXECUTE total(0)").fetchall() == [(11 + 12 + 13 + 14,)]
    monkeypatch.chdir(folders / "other")
    assert connection.execute("EXECUTE total(0)").fetchall() == [(51 + 52 + 53 + 54,)]


def test_file_that_is_not_there_is_named(
    connection: duckdb.DuckDBPyConnection, folders: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folders)
    with pytest.raises(duckdb.IOException, match="a.parquet"):
        connection.execute("SELECT min(i) FROM 'a.parquet'")


def test_a_colon_is_a_character_of_a_name(
    connection: duckdb.DuckDBPyConnection, folders: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folders / "other")
    for name in ("a0.csv", "a1.csv", "a.parquet"):
        (folders / "other" / name).rename(f"10:30 {name}")
    for scan in ("'10:30 a.parquet'", "read_csv(['10:30 a0.csv', '10:30 a1.csv'])"):
        sql = f"SELECT list(DISTINCT i ORDER BY i) FROM {scan}"
        assert connection.execute(sql).fetchall() == [([50, 51, 52, 53, 54],)]

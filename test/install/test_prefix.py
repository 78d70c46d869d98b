"""`make install` and `make uninstall`: what stands under the prefix, and that it works there."""

import pathlib
import shutil
import sys
from typing import Iterator, Set

import pytest
from user_commands import DEPS, TOP, make, run

LOAD_BY_HAND = """
import duckdb, sys
prefix, folder = sys.argv[1:]
con = duckdb.connect(config={"allow_unsigned_extensions": True})
con.execute(f"LOAD '{prefix}/lib/skein/skein.duckdb_extension'")
con.execute(f"SET GLOBAL skein_worker_binary = '{prefix}/bin/skein'; SET GLOBAL skein_cluster = 'local:2'")
con.execute("SET skein_mode = 'distributed'")
print(con.sql(f"SELECT sum(r_regionkey) FROM '{folder}/region/*.parquet'").fetchone(), len(con.sql("FROM skein_workers()")))
"""


def files_below(folder: pathlib.Path) -> Set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pathlib.Path]:
    """A prefix that is a Python environment with DuckDB, too."""
    folder = tmp_path_factory.mktemp("prefix") / "local"
    run([sys.executable, "-m", "venv", "--without-pip", str(folder)])
    run([str(TOP / "tools/deps"), "--shelf"])
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin/python"), "install", "--no-compile"]
    run([*pip, "--no-index", "--find-links", str(DEPS / "shelf"), "duckdb"])
    make("install", folder)
    yield folder


def sum_of_regions(program: pathlib.Path, folder: pathlib.Path) -> str:
    query = f"SELECT sum(r_regionkey) FROM '{folder}/region/*.parquet'"
    sql = ["sql", "--cluster", "local:2", "--mode", "distributed", "--format", "csv", "-c", query]
    return run([str(program), *sql]).splitlines()[-1]


def test_program_finds_its_libraries(prefix: pathlib.Path, tpch_small_folder: pathlib.Path) -> None:
    assert sum_of_regions(prefix / "bin/skein", tpch_small_folder) == "10"


def test_prefix_may_be_moved(prefix: pathlib.Path, tpch_small_folder: pathlib.Path, tmp_path: pathlib.Path) -> None:
    for part in ("bin/skein", "lib/skein"):
        (tmp_path / part).parent.mkdir(exist_ok=True)
        (shutil.copytree if (prefix / part).is_dir() else shutil.copy2)(prefix / part, tmp_path / part)
    assert sum_of_regions(tmp_path / "bin/skein", tpch_small_folder) == "10"


def test_extension_loads_into_the_duckdb_of_the_prefix(prefix: pathlib.Path, tpch_small_folder: pathlib.Path) -> None:
    printed = run([str(prefix / "bin/python"), "-c", LOAD_BY_HAND, str(prefix), str(tpch_small_folder)])
    assert printed == "(10,) 2\n"


def test_licences_stand_beside_it(prefix: pathlib.Path) -> None:
    documents = prefix / "share/doc/skein"
    assert {"LICENSE", "licenses/arrow/LICENSE.txt", "licenses/duckdb/LICENSE"} <= files_below(documents)


def test_destination_folder_goes_before_the_prefix(tmp_path: pathlib.Path) -> None:
    make("install", pathlib.Path("/opt/skein-test"), destination=str(tmp_path))
    assert "bin/skein" in files_below(tmp_path / "opt/skein-test")
    make("uninstall", pathlib.Path("/opt/skein-test"), destination=str(tmp_path))
    assert files_below(tmp_path) == set()


def test_uninstall_leaves_what_it_did_not_install(tmp_path: pathlib.Path) -> None:
    others = {"bin/other", "lib/skein/notes.txt", "include/other.h"}
    for name in others:
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("another's")
    make("install", tmp_path)
    make("uninstall", tmp_path)
    assert files_below(tmp_path) == others


def test_second_uninstall_says_that_there_is_nothing(tmp_path: pathlib.Path) -> None:
    with pytest.raises(AssertionError, match="nothing to remove: .*manifest.txt is missing"):
        make("uninstall", tmp_path)

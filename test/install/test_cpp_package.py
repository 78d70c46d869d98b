"""find_package(skein): a C++ program of a user, built against an installed prefix alone."""

import pathlib
import shutil

import pytest
from user_commands import make, run

PROGRAM = pathlib.Path(__file__).parent / "programs" / "cpp"


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("prefix")
    make("install", folder)
    return folder


def configure(prefix: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    """Configures the user's project in `folder`. Returns its build folder."""
    build = folder / "build"
    run(["cmake", "-G", "Ninja", "-S", str(folder), "-B", str(build), f"-DCMAKE_PREFIX_PATH={prefix}"])
    return build


def test_program_builds_and_runs(prefix: pathlib.Path, tmp_path: pathlib.Path) -> None:
    shutil.copytree(PROGRAM, tmp_path, dirs_exist_ok=True)
    build = configure(prefix, tmp_path)
    run(["cmake", "--build", str(build)])
    assert run([str(build / "example")]) == "rows=3 equal=1\n"


def test_another_version_is_not_taken(prefix: pathlib.Path, tmp_path: pathlib.Path) -> None:
    shutil.copytree(PROGRAM, tmp_path, dirs_exist_ok=True)
    lists = tmp_path / "CMakeLists.txt"
    lists.write_text(lists.read_text().replace("find_package(skein 0.1", "find_package(skein 0.2"))
    with pytest.raises(AssertionError, match='configuration files were considered but not accepted'):
        configure(prefix, tmp_path)


def test_package_may_be_moved(prefix: pathlib.Path) -> None:
    package = prefix / "lib/cmake/skein/skeinConfig.cmake"
    assert str(prefix) not in package.read_text(encoding="utf-8")

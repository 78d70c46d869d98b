"""find_package(skein): the quick start of the C++ API, built against an installed prefix alone."""

import os
import pathlib
import re
import shutil

import pytest
from user_commands import TOP, make, run

EXAMPLES = TOP / "examples" / "cpp"


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


def test_quick_start_builds_and_runs(prefix: pathlib.Path, tmp_path: pathlib.Path) -> None:
    shutil.copytree(EXAMPLES, tmp_path, dirs_exist_ok=True)
    build = configure(prefix, tmp_path)
    run(["cmake", "--build", str(build), "--target", "example_quick_start"])
    printed = run([str(build / "example_quick_start")], cwd=tmp_path)
    assert "Workers: 3/3\n" in printed
    assert [int(total) for total in re.findall(r"^ +(99000),?$", printed, re.MULTILINE)] == [99000] * 5


def test_library_has_the_links_that_linker_and_loader_look_for(prefix: pathlib.Path) -> None:
    version = re.search(r"project\(skein VERSION (\d+)\.(\d+)\.(\d+) ", (TOP / "CMakeLists.txt").read_text()).groups()
    loaded, library = f"libskein.so.{version[0]}", "libskein.so." + ".".join(version)
    assert os.readlink(prefix / "lib/libskein.so") == loaded
    assert os.readlink(prefix / "lib" / loaded) == library
    assert not (prefix / "lib" / library).is_symlink()
    assert f"[{loaded}]" in re.search(r"SONAME.*", run(["readelf", "-d", str(prefix / "lib" / library)])).group()


def test_uninstall_removes_the_library_and_its_links(tmp_path: pathlib.Path) -> None:
    make("install", tmp_path)
    assert len(list((tmp_path / "lib").glob("libskein.so*"))) == 3
    make("uninstall", tmp_path)
    assert list((tmp_path / "lib").glob("libskein.so*")) == []


def test_another_version_is_not_taken(prefix: pathlib.Path, tmp_path: pathlib.Path) -> None:
    shutil.copytree(EXAMPLES, tmp_path, dirs_exist_ok=True)
    lists = tmp_path / "CMakeLists.txt"
    lists.write_text(lists.read_text().replace("find_package(skein REQUIRED)", "find_package(skein 0.2 REQUIRED)"))
    with pytest.raises(AssertionError, match="configuration files were considered but not accepted"):
        configure(prefix, tmp_path)


def test_package_may_be_moved(prefix: pathlib.Path) -> None:
    package = prefix / "lib/cmake/skein/skeinConfig.cmake"
    assert str(prefix) not in package.read_text(encoding="utf-8")

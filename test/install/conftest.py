"""What the tests of installation share: the wheel, built once from a clean folder, and environments that hold it."""

import os
import pathlib
import shutil
import sys
import zipfile
from typing import Callable, Dict, List, Optional

import pytest
from user_commands import DEPS, TOP, run

BUILD_LIMIT_S = 3600  # a minute where ccache knows what `make` has compiled

@pytest.fixture(scope="session")
def clean_folder(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The sources as git would give them to another clone, and a link to the dependencies."""
    folder = tmp_path_factory.mktemp("clean") / "skein"
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in run(listing, cwd=TOP).split("\0"):
        if name and (TOP / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(TOP / name, folder / name)
    (folder / ".deps").symlink_to(DEPS)
    return folder


@pytest.fixture(scope="session")
def wheel(clean_folder: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The wheel that `pip install .` makes. The tools that build it are those of tools/deps.lock: nothing is fetched."""
    folder = tmp_path_factory.mktemp("wheel")
    options = ["--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", str(folder)]
    # The compilers under the names that `make` calls them by: ccache tells results apart by the name, too.
    tools = {"PATH": f"{DEPS / 'venv/bin'}:{os.environ['PATH']}", "CC": "cc", "CXX": "c++"}
    tools["CMAKE_BUILD_PARALLEL_LEVEL"] = str(os.cpu_count())
    run([sys.executable, "-m", "pip", "wheel", *options, str(clean_folder)], limit_s=BUILD_LIMIT_S, environment=tools)
    (file,) = folder.glob("skein-*.whl")
    return file


@pytest.fixture(scope="session")
def wheel_names(wheel: pathlib.Path) -> List[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


@pytest.fixture(scope="session")
def environment_with(
    wheel: pathlib.Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Optional[str]], pathlib.Path]:
    """Makes a new Python environment from the wheel, with this release of pyarrow or without any. Returns its Python."""
    made: Dict[Optional[str], pathlib.Path] = {}
    run([str(TOP / "tools/deps"), "--shelf"])

    def make(pyarrow: Optional[str]) -> pathlib.Path:
        if pyarrow not in made:
            folder = tmp_path_factory.mktemp("environment")
            run([sys.executable, "-m", "venv", "--without-pip", str(folder)])
            pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin/python"), "install", "--no-compile"]
            wanted = [str(wheel)] + ([f"pyarrow=={pyarrow}"] if pyarrow else [])
            run([*pip, "--no-index", "--find-links", str(DEPS / "shelf"), *wanted])
            made[pyarrow] = folder / "bin/python"
        return made[pyarrow]

    return make

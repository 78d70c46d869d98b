"""What this process holds beside its memory: threads, descriptors, processes, temporary files. Tests compare it."""

import collections
import dataclasses
import os
import pathlib
import stat
from typing import Counter, FrozenSet, List, Tuple

import processes

#: Threads that libraries start when they please and keep for seconds or for the life of the process, by name.
POOLED = ("grpc", "event_engine", "jemalloc", "lifeguard", "timer_manager")
#: How many of them there may be. gRPC's pool has some for each core and call; it shrinks when it has been idle.
POOLED_LIMIT = 16 + 4 * (os.cpu_count() or 1)
#: What those threads wait on: gRPC's poller and its wake-up, opened with the pool and closed with it.
POOLED_DESCRIPTORS = ("anon_inode:[eventfd]", "anon_inode:[eventpoll]")
POOLED_DESCRIPTOR_LIMIT = 4


@dataclasses.dataclass(frozen=True)
class Census:
    threads: Counter[str]  # by name
    descriptors: Counter[str]  # by what they are open on; sockets and pipes without their numbers
    children: FrozenSet[int]  # processes that run, or that nobody has waited for
    descendants: FrozenSet[int]  # processes whose environment has the folder of temporary files
    files: FrozenSet[str]  # below the folder of temporary files

    @staticmethod
    def take(temp_dir: pathlib.Path) -> "Census":
        return Census(
            collections.Counter(processes.thread_names(os.getpid())),
            collections.Counter(open_descriptors()),
            frozenset(children()),
            frozenset(processes.pids_with_environment(str(temp_dir))),
            frozenset(str(path) for path in temp_dir.rglob("*")),
        )

    def beyond(self, before: "Census") -> List[str]:
        """Says what there is more of than before, one text for each kind; nothing where all is as it was."""
        threads = (self.threads, before.threads, POOLED)
        descriptors = (self.descriptors, before.descriptors, POOLED_DESCRIPTORS)
        found = {
            "threads": _more(*threads),
            "descriptors": _more(*descriptors),
            "threads of libraries": _over(*threads, POOLED_LIMIT),
            "descriptors of libraries": _over(*descriptors, POOLED_DESCRIPTOR_LIMIT),
            "processes": sorted((self.children | self.descendants) - before.children - before.descendants),
            "temporary files": sorted(self.files - before.files),
        }
        return [f"{kind}: {more}" for kind, more in found.items() if more]


def _more(now: Counter[str], before: Counter[str], pooled: Tuple[str, ...]) -> List[str]:
    """Returns of what there is more than before, without what is the libraries'."""
    return [name for name in now - before if not name.startswith(pooled)]


def _over(now: Counter[str], before: Counter[str], pooled: Tuple[str, ...], limit: int) -> List[str]:
    """Returns what the libraries have where it is more than before and more than they may keep."""
    counts = [sum(count for name, count in each.items() if name.startswith(pooled)) for each in (now, before)]
    return [f"{counts[1]} -> {counts[0]}, limit {limit}"] if counts[0] > max(counts[1], limit) else []


def open_descriptors() -> List[str]:
    """Says what each descriptor of this process is open on."""
    found = []
    for number in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{number}")
            kind = os.stat(f"/proc/self/fd/{number}").st_mode
        except OSError:
            continue  # the one that listed the folder
        found.append(target.partition(":")[0] if stat.S_ISSOCK(kind) or stat.S_ISFIFO(kind) else target)
    return found


def children() -> List[int]:
    pids: List[int] = []
    for task in pathlib.Path("/proc/self/task").iterdir():
        try:
            pids += map(int, (task / "children").read_text().split())
        except OSError:
            continue  # that thread has ended
    return pids

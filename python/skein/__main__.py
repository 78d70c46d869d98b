"""``python -m skein`` and the command ``skein``: the packaged program."""

import os
import sys

import skein


def main() -> None:
    """Replaces this process by the program, with the same arguments."""
    os.execv(skein.worker_binary(), [skein.worker_binary(), *sys.argv[1:]])


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Copies a shared library of Arrow under a private name, so that it works beside any other Arrow of the same process.

The loader finds a library by its SONAME, so the copy gets one of its own, and names its grafted neighbours, which it
looks for in its own folder. Symbols of binding GNU_UNIQUE are looked up in the whole process whatever the SONAME, and
two releases of Arrow would share one object: the copy has them as ordinary weak symbols.
"""

import argparse
import pathlib
import shutil
import struct
import subprocess
import sys
from typing import Iterator, Tuple

ELF64_LITTLE_ENDIAN = b"\x7fELF\x02\x01"
SECTION_TYPE_DYNSYM = 11
SYMBOL_BYTES = 24
BINDING_WEAK, BINDING_UNIQUE = 2, 10


def dynamic_symbols(image: bytes) -> Iterator[Tuple[int, int]]:
    """Yields offset and binding of each entry in the dynamic symbol table. Errors: ValueError for another format."""
    if not image.startswith(ELF64_LITTLE_ENDIAN):
        raise ValueError("not a 64-bit little-endian ELF file")
    (table,) = struct.unpack_from("<Q", image, 0x28)
    entry_bytes, count = struct.unpack_from("<HH", image, 0x3A)
    for section in range(table, table + entry_bytes * count, entry_bytes):
        (kind,) = struct.unpack_from("<I", image, section + 4)
        if kind == SECTION_TYPE_DYNSYM:
            start, size = struct.unpack_from("<QQ", image, section + 24)
            for symbol in range(start, start + size, SYMBOL_BYTES):
                yield symbol, image[symbol + 4] >> 4


def without_unique_symbols(image: bytes) -> bytes:
    """Returns the library with each symbol of binding GNU_UNIQUE as a weak one."""
    changed = bytearray(image)
    for symbol, binding in dynamic_symbols(image):
        if binding == BINDING_UNIQUE:
            changed[symbol + 4] = BINDING_WEAK << 4 | image[symbol + 4] & 0xF
    return bytes(changed)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("library", type=pathlib.Path, help="the library to read")
    parser.add_argument("graft", type=pathlib.Path, help="the file to write; its name is the SONAME")
    parser.add_argument("--patchelf", required=True, help="the program patchelf")
    parser.add_argument("--replace-needed", nargs=2, action="append", default=[], metavar=("OLD", "NEW"))
    arguments = parser.parse_args()
    # A process may have the old file mapped: it keeps it.
    incoming = arguments.graft.with_suffix(".incoming")
    shutil.copyfile(arguments.library, incoming)
    changes = ["--set-soname", arguments.graft.name, "--set-rpath", "$ORIGIN"]
    for names in arguments.replace_needed:
        changes += ["--replace-needed", *names]
    subprocess.run([arguments.patchelf, *changes, str(incoming)], check=True)
    incoming.write_bytes(without_unique_symbols(incoming.read_bytes()))
    incoming.chmod(0o755)
    incoming.replace(arguments.graft)
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Turns a shared library into a DuckDB extension by appending the footer that DuckDB checks before it loads one.

The footer is 512 bytes: eight text fields of 32 bytes, padded with zeros, the last field first, then 256 bytes for a
signature. Fields 1 to 5 must fit the DuckDB that loads the file, to the letter; ours are unsigned, so the signature is
zeros and a connection must allow unsigned extensions.
"""

import argparse
import pathlib
import sys

FIELD_BYTES = 32
SIGNATURE_BYTES = 256
METADATA_VERSION = "4"  # of the footer's own form


def footer(duckdb_version: str, platform: str, extension_version: str, abi: str) -> bytes:
    """Returns the 512 bytes. Errors: ValueError for a field over 32 bytes."""
    fields = [
        METADATA_VERSION,  # 1: form of this footer
        platform,  # 2: operating system, machine and C++ ABI
        duckdb_version,  # 3: the DuckDB release, as the C++ ABI changes with each
        extension_version,  # 4: the extension's own, shown in duckdb_extensions()
        abi,  # 5: CPP: calls DuckDB's C++ interface
        "",
        "",
        "",  # 6 to 8: unused
    ]
    for field in fields:
        if len(field.encode()) > FIELD_BYTES:
            raise ValueError(f"field over {FIELD_BYTES} bytes: {field}")
    return b"".join(field.encode().ljust(FIELD_BYTES, b"\0") for field in reversed(fields)) + bytes(SIGNATURE_BYTES)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("library", type=pathlib.Path, help="the shared library to read")
    parser.add_argument("extension", type=pathlib.Path, help="the .duckdb_extension file to write")
    parser.add_argument("--duckdb-version", default="v1.5.5")
    parser.add_argument("--platform", default="linux_amd64")
    parser.add_argument("--version", required=True, help="the extension's own")
    parser.add_argument("--abi", default="CPP")
    arguments = parser.parse_args()
    tail = footer(arguments.duckdb_version, arguments.platform, arguments.version, arguments.abi)
    arguments.extension.write_bytes(arguments.library.read_bytes() + tail)
    return 0


if __name__ == "__main__":
    sys.exit(main())

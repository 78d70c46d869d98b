"""Sends garbage to the ports of a worker: its control plane, its data plane and its local socket.

A corpus of right and nearly right conversations is mutated with a fixed seed, so that a run can be repeated.
"""

import pathlib
import random
import re
import socket
import struct
from typing import Dict, List

import duckdb
import pyarrow.flight as flight
import skein
from recording_proxy import RecordingProxy
from worker_process import SECRET, Worker

HALF_OPEN = 48  # connections that stay at any time
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
NUMBERS = [b"\x00", b"\x01", b"\x7f", b"\x80", b"\xff", b"\xff\xff\xff\x7f", b"\xff" * 4, b"\xff" * 8]

#: What no client of ours sends.
STRANGERS = [
    b"",
    b"\x00" * 4096,
    b"\xff" * 64,
    b"GET / HTTP/1.1\r\nHost: worker\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x5a" * 64,  # how TLS begins
    b"SSH-2.0-OpenSSH_9.2\r\n",
    PREFACE,
    PREFACE + SETTINGS,
    PREFACE + SETTINGS + b"\xff\xff\xff\x01\x05\x00\x00\x00\x01" + b"\x82" * 100,  # headers of 16 MB
    PREFACE + SETTINGS + b"\x00\x00\x08\x06\x00\x00\x00\x00\x00" + b"\x00" * 8,  # a ping
    PREFACE + SETTINGS + b"\x00\x00\x04\x08\x00\x00\x00\x00\x00\x7f\xff\xff\xff" * 3,  # windows that overflow
    PREFACE + SETTINGS + b"\x00\x00\x05\x02\x00\x00\x00\x00\x03" + b"\x00" * 5,  # a frame that is not used any more
]


def mutated(seed: bytes, rng: random.Random) -> bytes:
    """Returns `seed` with up to four changes."""
    data = bytearray(seed)
    for _ in range(rng.randrange(5)):
        at, length = rng.randrange(len(data) + 1), rng.randrange(1, 17)
        change = rng.randrange(6)
        if change == 0 and at < len(data):
            data[at] ^= 1 << rng.randrange(8)
        elif change == 1:
            number = rng.choice(NUMBERS)
            data[at : at + len(number)] = number
        elif change == 2:
            del data[at:]
        elif change == 3:
            del data[at : at + length]
        elif change == 4:
            data[at:at] = data[at : at + length] * rng.randrange(1, 5)
        else:
            data[at:at] = rng.randbytes(length)
    return bytes(data)


def control_conversations(worker: Worker, path: pathlib.Path) -> List[bytes]:
    """What a client sends that runs a query."""
    host, port = worker.address.split(":")
    proxy = RecordingProxy((host, int(port)))
    try:
        with skein.connect(proxy.address) as connection:
            connection.execute(f"SET GLOBAL skein_secret = '{SECRET}'").execute("SET skein_mode = 'distributed'")
            connection.execute(f"SELECT sum(i) FROM '{path}'").fetchall()
    finally:
        proxy.close()
    return proxy.conversations


def read_request(query: bytes, exchange: int) -> bytes:
    """A message ReadUnits of all hashes (see src/exchange/data.proto)."""
    everything = b"\x08\x00\x10" + b"\xff" * 9 + b"\x01"
    return b"\x0a\x10" + query + bytes([0x10, exchange, 0x32, len(everything)]) + everything


def data_conversations(port: int) -> List[bytes]:
    """What readers and writers of units send."""
    proxy = RecordingProxy(("127.0.0.1", port))
    options = flight.FlightCallOptions(timeout=2, headers=[(b"authorization", b"Bearer " + SECRET.encode())])
    try:
        for _ in range(2):
            with flight.connect(f"grpc+tcp://{proxy.address}") as client:
                refused(lambda: client.do_get(flight.Ticket(read_request(b"q" * 16, 3)), options).read_all())
                refused(lambda: client.do_get(flight.Ticket(b"garbage"), options).read_all())
                refused(lambda: upload(client, options))
                refused(lambda: list(client.list_flights(options=options)))
    finally:
        proxy.close()
    return proxy.conversations


def upload(client: flight.FlightClient, options: flight.FlightCallOptions) -> None:
    name = b"\x0a\x10" + b"q" * 16 + b"\x10\x03\x1a\x00"
    writer, reader = client.do_exchange(flight.FlightDescriptor.for_command(name), options)
    with writer:
        writer.write_metadata(b"\x0a\x02\x18\x00")
        writer.done_writing()
        reader.read_chunk()


def refused(call: object) -> None:
    try:
        call()  # type: ignore[operator]
    except Exception:  # of Arrow, of many classes; only what was sent counts
        return


def local_conversations() -> List[bytes]:
    """Requests to the local socket, of those who know the secret and those who do not."""
    units = read_request(b"q" * 16, 3)
    requests = [(SECRET.encode(), units), (b"wrong", units), (SECRET.encode(), b""), (b"", b"")]
    seeds = [struct.pack("=QQ", len(secret), len(request)) + secret + request for secret, request in requests]
    return seeds + [struct.pack("=QQ", 2**63, 2**64 - 1), struct.pack("=QQ", 65536, 65536), b"\x00" * 16]


def local_sockets(pid: int) -> List[str]:
    """The names of the sockets on which the process listens."""
    inodes = set()
    for descriptor in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        found = re.match(r"socket:\[(\d+)\]", str(descriptor.readlink()))
        if found:
            inodes.add(found.group(1))
    lines = pathlib.Path("/proc/net/unix").read_text().splitlines()[1:]
    fields = [line.split() for line in lines if "@skein-" in line]
    return sorted({entry[7] for entry in fields if entry[6] in inodes})


class PortFuzzer:
    """Garbage for one worker, always the same for the same seed."""

    def __init__(self, worker: Worker, path: pathlib.Path, seed: int) -> None:
        control, data = int(worker.address.split(":")[1]), worker.data_port
        self._rng = random.Random(seed)
        self._half_open: List[socket.socket] = []
        self._corpus: Dict[object, List[bytes]] = {
            ("127.0.0.1", control): STRANGERS + control_conversations(worker, path),
            ("127.0.0.1", data): STRANGERS + data_conversations(data),
        }
        for name in local_sockets(worker.process.pid):
            self._corpus["\0" + name[1:]] = STRANGERS + local_conversations()
        assert len(self._corpus) == 3, "a worker has two ports and a local socket"

    def run(self, inputs: int) -> None:
        """Sends that many inputs, each over a connection of its own; in the end, all are closed."""
        for _ in range(inputs):
            address = self._rng.choice(list(self._corpus))
            self._send(address, mutated(self._rng.choice(self._corpus[address]), self._rng))
        while self._half_open:
            self._half_open.pop().close()

    def _send(self, address: object, data: bytes) -> None:
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        connection = socket.socket(family, socket.SOCK_STREAM)
        connection.settimeout(2)
        try:
            connection.connect(address)  # type: ignore[arg-type]
            connection.sendall(data)
            if self._rng.random() < 0.1:
                connection.settimeout(0.02)
                connection.recv(4096)
        except OSError:
            connection.close()  # it was hung up on
            return
        if self._rng.random() < 0.1 and len(self._half_open) < HALF_OPEN:
            self._half_open.append(connection)
        else:
            connection.close()


def answers(connection: duckdb.DuckDBPyConnection, path: pathlib.Path) -> bool:
    return connection.execute(f"SELECT count(*), sum(i) FROM '{path}'").fetchall() == [(30000, 449985000)]

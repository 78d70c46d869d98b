"""A TCP proxy that remembers what clients sent: valid conversations to begin a fuzzer with."""

import select
import socket
import threading
from typing import List, Tuple

WAIT_S = 0.2  # for the next bytes, before the proxy looks whether it has to end


class RecordingProxy:
    """Passes all on to `target` until it is closed; `conversations` holds what each connection's client sent."""

    def __init__(self, target: Tuple[str, int]) -> None:
        self.conversations: List[bytes] = []
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._is_closed = False
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        self._is_closed = True
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _accept(self) -> None:
        while not self._is_closed:
            if select.select([self._listener], [], [], WAIT_S)[0]:
                client, _ = self._listener.accept()
                self._threads.append(threading.Thread(target=self._serve, args=(client,)))
                self._threads[-1].start()

    def _serve(self, client: socket.socket) -> None:
        sent = bytearray()
        with client, socket.create_connection(self._target) as server:
            others = {client: server, server: client}
            while not self._is_closed:
                for readable in select.select(list(others), [], [], WAIT_S)[0]:
                    try:
                        received = readable.recv(1 << 16)
                        others[readable].sendall(received)
                    except OSError:
                        received = b""
                    if not received:
                        self.conversations.append(bytes(sent))
                        return
                    if readable is client:
                        sent += received
        self.conversations.append(bytes(sent))

"""A TCP proxy on loopback whose traffic can be held or cut."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

LOOPBACK = "127.0.0.1"


class Proxy:
    """Forwards to a port on loopback.

    While held, bytes wait on both sides and no connection ends; while cut, every connection ends as soon as it begins.
    """

    def __init__(self, port: int) -> None:
        self._to = port
        self._flowing = threading.Event()
        self._flowing.set()
        self._cut = threading.Event()
        self._listener = socket.create_server((LOOPBACK, 0))
        self._sockets: list[socket.socket] = []
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        self._flowing.clear()
        try:
            yield
        finally:
            self._flowing.set()

    @contextlib.contextmanager
    def cut(self) -> Iterator[None]:
        self._cut.set()
        self._end(self._sockets)
        try:
            yield
        finally:
            self._cut.clear()

    def close(self) -> None:
        self._flowing.set()
        self._end([self._listener, *self._sockets])

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _address = self._listener.accept()
                self._connect(client)

    def _connect(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection((LOOPBACK, self._to))
        except OSError:
            # As if nobody listened: the next connection may find the server again.
            client.close()
            return
        self._sockets += [client, server]
        if self._cut.is_set():
            self._end([client, server])
            return
        for one, other in ((client, server), (server, client)):
            threading.Thread(target=self._forward, args=(one, other), daemon=True).start()

    def _end(self, sockets: list[socket.socket]) -> None:
        for opened in sockets:
            with contextlib.suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)
            opened.close()

    def _forward(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(1 << 16):
                self._flowing.wait()
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)

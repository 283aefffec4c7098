"""Where messages arrive: a web server and a mail server on this machine, which can be told to refuse."""

from __future__ import annotations

import json
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Posted:
    """What was posted to a webhook."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass
class Webhooks:
    """`status` is what the next posts are answered with."""

    port: int = 0
    status: int = 204
    posted: list[Posted] = field(default_factory=list)

    @property
    def accepted(self) -> list[Posted]:
        return self.posted

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks/very-secret"


@contextmanager
def webhooks() -> Iterator[Webhooks]:
    """A web server that keeps what it accepts."""
    kept = Webhooks()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if kept.status < 300:
                headers = {name.lower(): value for name, value in self.headers.items()}
                kept.posted.append(Posted(self.path, headers, body))
            self.send_response(kept.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with _serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as port:
        kept.port = port
        yield kept


@dataclass
class Mails:
    """`refuse` are recipients that the server does not know; `password` None: anybody may hand in mail. `leave` is what
    it says to QUIT, and `slow` how many seconds it thinks before each answer."""

    port: int = 0
    refuse: set[str] = field(default_factory=set)
    password: str | None = None
    leave: str = "221 bye"
    slow: float = 0.0
    received: list[tuple[str, list[str], EmailMessage]] = field(default_factory=list)


@contextmanager
def mails() -> Iterator[Mails]:
    """A mail server (SMTP, AUTH PLAIN) that keeps what it accepts."""
    kept = Mails()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            _Conversation(kept, self).hold()

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with _serving(Server(("127.0.0.1", 0), Handler)) as port:
        kept.port = port
        yield kept


class _Conversation:
    """One client of the mail server."""

    def __init__(self, kept: Mails, handler: socketserver.StreamRequestHandler) -> None:
        self._kept = kept
        self._in, self._out = handler.rfile, handler.wfile
        self._known = kept.password is None
        self._sender, self._recipients = "", list[str]()

    def hold(self) -> None:
        self._say("220 test")
        while line := self._in.readline().decode().strip():
            word = line.split(" ", 1)[0].upper()
            if word == "QUIT":
                self._say(self._kept.leave)
                return
            self._answer(word, line)

    def _answer(self, word: str, line: str) -> None:
        match word:
            case "EHLO":
                self._say("250-test")
                self._say("250 AUTH PLAIN")
            case "AUTH":
                self._log_in(line)
            case "MAIL":
                self._sender, self._recipients = _address(line), []
                self._say("250 ok" if self._known else "530 log in first")
            case "RCPT":
                known = _address(line) not in self._kept.refuse
                self._recipients += [_address(line)] if known else []
                self._say("250 ok" if known else "550 nobody of that name")
            case "DATA":
                self._take_mail()
            case _:
                self._say("250 ok")

    def _log_in(self, line: str) -> None:
        import base64

        given = base64.b64decode(line.split(" ")[2]).split(b"\0")[-1].decode()
        self._known = given == self._kept.password
        self._say("235 welcome" if self._known else "535 wrong")

    def _take_mail(self) -> None:
        self._say("354 go on")
        lines = []
        while (line := self._in.readline()) != b".\r\n":
            lines.append(line[1:] if line.startswith(b"..") else line)
        mail = message_from_bytes(b"".join(lines), policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self._kept.received.append((self._sender, self._recipients, mail))
        self._say("250 taken")

    def _say(self, line: str) -> None:
        time.sleep(self._kept.slow)
        self._out.write(f"{line}\r\n".encode())


def _address(line: str) -> str:
    return line[line.index("<") + 1 : line.index(">")]


@contextmanager
def _serving(server: socketserver.TCPServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

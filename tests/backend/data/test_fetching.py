"""Fetching pictures: what is public is fetched, what is not is never asked."""

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address

import pytest

from backend.data.fetching import Address, PictureFetcher, is_public
from backend.errors import InvalidInput

PUBLIC = ip_address("93.184.216.34")


@dataclass
class Host:
    """A loopback server that gives one answer to everybody and counts who came."""

    answer: bytes = b""
    trickle: bool = False
    asked: list[bytes] = field(default_factory=list)
    port: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)

    def serve(self, listening: socket.socket) -> None:
        while not self._stop.is_set():
            try:
                visitor, _ = listening.accept()
            except OSError:
                return
            with visitor:
                self.asked.append(visitor.recv(65536))
                visitor.sendall(self.answer)
                while self.trickle and not self._stop.wait(0.05):
                    try:
                        visitor.sendall(b"x")
                    except OSError:
                        break

    def connect(self, host: str, address: Address, seconds: float) -> socket.socket:
        """What stands for a connection to a public host in these tests."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=seconds)


@pytest.fixture
def host() -> Iterator[Host]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        made = Host(port=listening.getsockname()[1])
        thread = threading.Thread(target=made.serve, args=(listening,), daemon=True)
        thread.start()
        yield made
        made._stop.set()
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def _answer(body: bytes, head: str = "HTTP/1.1 200 OK", length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    return f"{head}\r\nContent-Length: {size}\r\n\r\n".encode() + body


@pytest.fixture
def fetcher(host: Host) -> Callable[..., PictureFetcher]:
    return lambda **limits: PictureFetcher(host.connect, lambda name: [PUBLIC], **limits)


def test_a_picture_of_a_public_host_is_fetched(host, fetcher):
    host.answer = _answer(b"picture")
    assert fetcher().fetch("https://shop.example/a%20b.jpg?size=2") == b"picture"
    asked = host.asked[0].decode()
    assert asked.startswith("GET /a%20b.jpg?size=2 HTTP/1.1\r\n")
    assert "Host: shop.example\r\n" in asked


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/a.jpg",
        "https://localhost/a.jpg",
        "https://2130706433/a.jpg",
        "https://[::1]/a.jpg",
        "https://[::ffff:127.0.0.1]/a.jpg",
        "https://[64:ff9b::7f00:1]/a.jpg",
        "https://[2002:7f00:1::]/a.jpg",
        "https://0.0.0.0/a.jpg",
        "https://10.0.0.1/a.jpg",
        "https://192.168.0.10/a.jpg",
        "https://169.254.169.254/latest/meta-data",
        "https://[fe80::1%25lo]/a.jpg",
        "https://no-such-host.invalid/a.jpg",
        "http://shop.example/a.jpg",
        "ftp://shop.example/a.jpg",
        "file:///etc/passwd",
        "//shop.example/a.jpg",
        "data:image/png;base64,AAAA",
        "https://user:secret@shop.example/a.jpg",
        "https://shop.example:8443/a.jpg",
        "https://shop.example:x/a.jpg",
        "https://[shop.example/a.jpg",
        "https://shop.example/a b.jpg",
        "https://shop.example/a\r\nX-Evil: 1",
        "https://",
        "",
    ],
)
def test_what_is_not_public_https_gets_no_visit(url: str, host: Host):
    guarded = PictureFetcher(host.connect)
    with pytest.raises(InvalidInput):
        guarded.fetch(url)
    assert host.asked == []


def test_one_private_address_among_public_ones_is_enough_to_refuse(host: Host):
    guarded = PictureFetcher(host.connect, lambda name: [PUBLIC, ip_address("10.0.0.1")])
    with pytest.raises(InvalidInput, match="private network"):
        guarded.fetch("https://shop.example/a.jpg")
    assert host.asked == []


def test_the_connection_goes_to_the_address_that_was_checked(host: Host):
    went: list[Address] = []

    def connect(name: str, address: Address, seconds: float) -> socket.socket:
        went.append(address)
        return host.connect(name, address, seconds)

    answers = iter([[PUBLIC], [ip_address("127.0.0.1")]])  # a name that changes its mind
    host.answer = _answer(b"picture")
    PictureFetcher(connect, lambda name: next(answers)).fetch("https://shop.example/a.jpg")
    assert went == [PUBLIC]


def test_a_redirect_is_refused(host, fetcher):
    host.answer = _answer(b"", "HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1/secret")
    with pytest.raises(InvalidInput, match="redirects"):
        fetcher().fetch("https://shop.example/a.jpg")
    assert len(host.asked) == 1


@pytest.mark.parametrize("status", ["404 Not Found", "500 Oops", "204 No Content"])
def test_another_status_is_told(status, host, fetcher):
    host.answer = _answer(b"", f"HTTP/1.1 {status}")
    with pytest.raises(InvalidInput, match=status[:3]):
        fetcher().fetch("https://shop.example/a.jpg")


def test_a_large_answer_is_dropped(host, fetcher):
    host.answer = _answer(b"x" * (3 << 20))
    with pytest.raises(InvalidInput, match="larger than 2 MiB"):
        fetcher(each=2 << 20).fetch("https://shop.example/a.jpg")


def test_an_import_has_a_quota(host, fetcher):
    host.answer = _answer(b"x" * 600)
    one = fetcher(in_all=1000)
    one.fetch("https://shop.example/a.jpg")
    with pytest.raises(InvalidInput, match="most for one import"):
        one.fetch("https://shop.example/b.jpg")


@pytest.mark.parametrize("start", [_answer(b"", length=10**6), b"HTTP/1.1 200 OK\r\nX-Long: "])
def test_a_host_that_trickles_is_cut_off(start, host, fetcher):
    host.answer, host.trickle = start, True
    with pytest.raises(InvalidInput, match="longer"):
        fetcher(seconds=0.4).fetch("https://shop.example/a.jpg")


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n", b"\x00" * 100])
def test_an_answer_that_is_no_http_is_told(answer, host, fetcher):
    host.answer = answer
    with pytest.raises(InvalidInput, match="could not be fetched"):
        fetcher().fetch("https://shop.example/a.jpg")


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700:4700::1111"])
def test_the_open_internet_is_public(address: str):
    assert is_public(ip_address(address))

"""Pictures behind web addresses: fetched only when asked for, from public https hosts only.

An import that fetches what a stranger's table names must not become a way into the network it runs
in (server-side request forgery). So a host is looked up once, every address it has must be public,
and the connection goes to the very address that was checked: a name that changes its mind between
the check and the connection (DNS rebinding) gains nothing. Redirects are refused, not followed.
"""

import contextlib
import functools
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from backend.errors import InvalidInput

MAX_FETCHED_BYTES: Final = 10 << 20
MAX_FETCHED_IN_ALL: Final = 4 << 30
SECONDS_EACH: Final = 20.0
_PORT: Final = 443
_BLOCK: Final = 1 << 16
_UNICAST: Final = IPv6Network("2000::/3")
_EMBEDDING: Final = (IPv6Network("2002::/16"), IPv6Network("2001::/32"))
"""6to4 and Teredo carry an IPv4 address inside, which may be a private one."""

Address = IPv4Address | IPv6Address
Connect = Callable[[str, Address, float], socket.socket]
"""(host, address, seconds) -> a connected socket."""


def is_public(address: Address) -> bool:
    """Whether an address lies in the open internet, not in somebody's own network."""
    if isinstance(address, IPv4Address):
        return address.is_global and not address.is_multicast
    inside = any(address in network for network in _EMBEDDING)
    return address in _UNICAST and address.is_global and not inside


def look_up(host: str) -> list[Address]:
    """All addresses of a host. Raises InvalidInput for a host that is not known."""
    try:
        found = socket.getaddrinfo(host, _PORT, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise InvalidInput("The host of the address is not known.") from None
    return [ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]


def connect_securely(host: str, address: Address, seconds: float) -> socket.socket:
    """TLS to `address`, with a certificate for `host`."""
    plain = socket.create_connection((str(address), _PORT), timeout=seconds)
    try:
        return _context().wrap_socket(plain, server_hostname=host)
    except OSError:
        plain.close()
        raise


@functools.cache
def _context() -> ssl.SSLContext:
    return ssl.create_default_context()


@dataclass
class PictureFetcher:
    """Fetches for one import and keeps count of what it took; may be shared by threads."""

    connect: Connect = connect_securely
    look_up: Callable[[str], list[Address]] = look_up
    each: int = MAX_FETCHED_BYTES
    in_all: int = MAX_FETCHED_IN_ALL
    seconds: float = SECONDS_EACH
    _taken: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fetch(self, url: str) -> bytes:
        """The bytes behind an address. Raises InvalidInput with the reason where it may not or
        cannot be had; nothing is sent before the host was found to be public."""
        parts = _checked(url)
        host = str(parts.hostname)
        address = self._public_address(host)
        started = time.monotonic()
        try:
            with self.connect(host, address, self.seconds) as opened:
                content = self._ask(opened, parts)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._in_time(started)
            raise InvalidInput(
                f"The picture could not be fetched ({str(error)[:80] or type(error).__name__})."
            ) from error
        self._in_time(started)
        return content

    def _ask(self, opened: socket.socket, parts: SplitResult) -> bytes:
        """A host that trickles is cut off in the middle, wherever that is."""
        cut = threading.Timer(self.seconds, _shut, (opened,))
        cut.start()
        try:
            connection = http.client.HTTPConnection(str(parts.hostname))
            connection.sock = opened
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            headers = {"Host": str(parts.hostname), "Accept": "image/*", "Connection": "close"}
            connection.request("GET", target, headers=headers)
            return self._read(connection.getresponse())
        finally:
            cut.cancel()

    def _in_time(self, started: float) -> None:
        if time.monotonic() - started >= self.seconds:
            raise InvalidInput(f"The host took longer than {self.seconds:.0f} s.")

    def _public_address(self, host: str) -> Address:
        addresses = self.look_up(host)
        if not addresses or not all(map(is_public, addresses)):
            raise InvalidInput("The address leads into a private network; it is not fetched.")
        return addresses[0]

    def _read(self, response: http.client.HTTPResponse) -> bytes:
        if 300 <= response.status < 400:
            raise InvalidInput("The address redirects to another; redirects are not followed.")
        if response.status != http.client.OK:
            raise InvalidInput(f"The host answered with status {response.status}.")
        content = bytearray()
        while block := response.read1(_BLOCK):
            content += block
            self._count(len(block))
            if len(content) > self.each:
                raise InvalidInput(f"The picture is larger than {self.each >> 20} MiB.")
        return bytes(content)

    def _count(self, more: int) -> None:
        with self._lock:
            self._taken += more
            if self._taken > self.in_all:
                raise InvalidInput(
                    f"{self.in_all >> 30} GiB were fetched, the most for one import; the rest of "
                    "the pictures is left out."
                )


def _shut(opened: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the other side may have been faster
        opened.shutdown(socket.SHUT_RDWR)


def _checked(url: str) -> SplitResult:
    """Raises InvalidInput for everything but https://host/… on the usual port."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise InvalidInput("The address cannot be read.") from None
    if parts.scheme.lower() != "https" or not parts.hostname:
        raise InvalidInput("Only addresses that begin with https:// are fetched.")
    if parts.username is not None or port not in (None, _PORT):
        raise InvalidInput("Addresses with a user name or a port of their own are not fetched.")
    if any(ord(sign) <= 32 or ord(sign) == 127 for sign in url):
        raise InvalidInput("The address holds a blank or a control character.")
    return parts

"""One SSH connection: made by fabric, hardened here, and every way it can fail told apart."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hisops.adapters.ssh_failures import (
    CHANGED_KEY,
    FAILED,
    LATE,
    LOGIN_REFUSED,
    NO_NAME,
    NO_WAY,
    NOT_LISTENING,
    TOO_OLD,
    UNKNOWN_KEY,
    Failure,
)
from hisops.adapters.ssh_place import SshPlace
from hisops.errors import Unreachable

_CONNECT = 10
_LOGIN = 20
_KEEPALIVE = 15
_DEAD_AFTER_MS = 60_000
_CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes256-ctr", "aes192-ctr")


class SshLink:
    """A connection to a place. Made when first needed, and again after a loss."""

    def __init__(self, place: SshPlace, *, login_timeout: float = _LOGIN) -> None:
        self.name = place.name
        self._place = place
        self._login_timeout = login_timeout
        self._connection: Any = None
        self._lock = threading.Lock()

    def session(self) -> Any:
        """Return a new channel. Unreachable, each reason with its own code."""
        for fresh in (False, True):
            transport, made = self._transport()
            try:
                return transport.open_session(timeout=_CONNECT)
            except Exception as error:
                # A kept connection may have died unseen: one more try, on a new one.
                if made or fresh:
                    raise self._unreachable(error) from error
                self.close()
        raise AssertionError

    def close(self) -> None:
        """Hang up, gateways included."""
        with self._lock:
            connection, self._connection = self._connection, None
        while connection and not isinstance(connection, str):
            with contextlib.suppress(Exception):
                connection.close()
            connection = connection.gateway

    def _transport(self) -> tuple[Any, bool]:
        """Return the transport, and whether it was made just now."""
        with self._lock:
            if self._connection is not None and self._connection.is_connected:
                return self._connection.transport, False
            try:
                self._connection = self._connect()
            except Unreachable:
                raise
            except Exception as error:
                raise self._unreachable(error) from error
            return self._connection.transport, True

    def _connect(self) -> Any:
        from fabric import Config, Connection

        logging.getLogger("paramiko").addHandler(logging.NullHandler())  # its tracebacks are no output of ours
        place = self._place
        config = Config(lazy=True, runtime_ssh_path=str(place.ssh_config) if place.ssh_config else None)
        config.load_ssh_config()
        kwargs: dict[str, Any] = {"banner_timeout": self._login_timeout, "auth_timeout": self._login_timeout}
        place.check_key()
        if place.identity_file:
            kwargs |= {"key_filename": [str(place.identity_file)], "look_for_keys": False}
        connection = Connection(
            place.address,
            user=place.user,
            port=place.port,
            config=config,
            gateway=_gateway(config, place.address),
            connect_kwargs=kwargs,
            forward_agent=False,
        )
        try:
            self._open(connection)
        except BaseException:
            connection.client.close()
            raise
        return connection

    def _open(self, connection: Any) -> None:
        """Open `connection` behind its gateways; every hop checks host keys."""
        timeout = connection.connect_timeout or _CONNECT
        extra: dict[str, Any] = {"transport_factory": _transport_factory, "timeout": timeout}
        connection.connect_timeout = None
        if not connection.gateway:
            extra["sock"] = _socket(connection.host, int(connection.port), timeout)
        elif not isinstance(connection.gateway, str):
            self._open(connection.gateway)
        connection.connect_kwargs = {**connection.connect_kwargs, **extra}
        connection.client.set_missing_host_key_policy(_RefuseUnknown(self.name, self._place.site_known_hosts))
        for path in self._host_key_files(connection.ssh_config):
            with contextlib.suppress(OSError):
                connection.client.load_system_host_keys(str(path))
        connection.open()
        connection.transport.set_keepalive(_KEEPALIVE)

    def _host_key_files(self, ssh_config: dict[str, Any]) -> Iterator[Path]:
        yield from self._place.known_hosts
        users = ssh_config.get("userknownhostsfile", "~/.ssh/known_hosts ~/.ssh/known_hosts2").split()
        globally = ssh_config.get("globalknownhostsfile", "/etc/ssh/ssh_known_hosts").split()
        for name in (*users, *globally):
            yield Path(name).expanduser()

    def _unreachable(self, error: Exception) -> Unreachable:
        return self._place.unreachable(_told(error), str(error) or type(error).__name__)


def _told(error: Exception) -> Failure:
    """Return code, fact and advice for what fabric, paramiko or the system raised."""
    import paramiko

    kinds: tuple[tuple[type[Exception], Failure], ...] = (
        (paramiko.BadHostKeyException, CHANGED_KEY),
        (paramiko.ssh_exception.IncompatiblePeer, TOO_OLD),
        (paramiko.AuthenticationException, LOGIN_REFUSED),
        (ConnectionRefusedError, NOT_LISTENING),
        (socket.gaierror, NO_NAME),
        (TimeoutError, LATE),
        (OSError, NO_WAY),
    )
    if "No authentication methods" in str(error):
        return LOGIN_REFUSED
    if "protocol banner" in str(error):
        return LATE
    return next((told for kind, told in kinds if isinstance(error, kind)), FAILED)


def _gateway(config: Any, address: str, passed: frozenset[str] = frozenset()) -> Any:
    """Return the connection or command that ssh_config puts before `address`, False for none.

    fabric would drop a jump host that has the address of its target, whatever the ports, and take `none` for a name.
    """
    from fabric import Connection

    words = config.base_ssh_config.lookup(address)
    jumps = words.get("proxyjump", "none")
    if jumps.lower() == "none":
        return words.get("proxycommand") or False
    passed |= {address}
    gateway: Any = False
    for hop in jumps.split(","):
        connection = Connection(hop, config=config.clone(), gateway=False, forward_agent=False)
        name = connection.original_host
        if name in passed:  # `Host *` gives the jump host itself a ProxyJump too
            continue
        connection.gateway = gateway or _gateway(config, name, passed)
        gateway = connection
    return gateway


def _socket(host: str, port: int, timeout: float) -> socket.socket:
    sock = socket.create_connection((host, port), timeout)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # else a link that is cut without a word lives for 15 minutes
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _DEAD_AFTER_MS)
    return sock


def _transport_factory(sock: Any, **kwargs: Any) -> Any:
    """Return a transport that prefers AES-GCM: one pass over the data instead of cipher and MAC."""
    from paramiko import Transport

    transport = Transport(sock, **kwargs)
    options = transport.get_security_options()
    known = set(options.ciphers)
    first = tuple(cipher for cipher in _CIPHERS if cipher in known)
    options.ciphers = first + tuple(cipher for cipher in options.ciphers if cipher not in first)
    return transport


class _RefuseUnknown:
    """The policy for a host key that no known_hosts file has: never trust it, tell its fingerprint."""

    def __init__(self, name: str, known_hosts: str) -> None:
        self._name = name
        self._known_hosts = known_hosts

    def missing_host_key(self, client: Any, hostname: str, key: Any) -> None:
        """Refuse."""
        raise Unreachable(
            *UNKNOWN_KEY,
            host=self._name,
            address=hostname,
            known_hosts=self._known_hosts,
            detail=f"{key.get_name()} {key.fingerprint}",
        )

"""From CONNECT to a logged-in session: which service, who, and may they."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from hisops.lab.sql.backend import Instance, Service
from hisops.lab.sql.errors import OracleError
from hisops.lab.sql.session import SqlSession
from hisops.lab.tns import handshake, messages, requests
from hisops.lab.tns.codec import Reader, Writer
from hisops.lab.tns.faults import Faults
from hisops.lab.tns.login import Account, Challenge
from hisops.lab.tns.wire import Channel, Hangup

_UNKNOWN_SERVICE, _BLOCKED = 12514, 12528
_SYSDBA, _OTHER_ADMIN = 0x20, 0x40 | 0x400000 | 0x1000000 | 0x2000000 | 0x4000000 | 0x8000000
_ADMINS = {0x20: "SYS", 0x40: "PUBLIC", 0x1000000: "SYSBACKUP", 0x2000000: "SYSDG", 0x4000000: "SYSKM"}

# opens a session on an instance: instance, service name, user, as SYSDBA, session id
Opener = Callable[[Instance, str, str, bool, int], SqlSession]


class Reception:
    """Admits clients to the services of one listener."""

    def __init__(
        self, services: Mapping[str, Instance], accounts: Mapping[str, Account], faults: Faults, opener: Opener
    ) -> None:
        self._services = services
        self._accounts = {name.upper(): account for name, account in accounts.items()}
        self._faults = faults
        self._open = opener

    def admit(self, channel: Channel, reader: Reader, sid: int, ready: Callable[[SqlSession], None]) -> None:
        """Carry a new connection through to a logged-in session, handed to `ready` before the client knows of it."""
        asked = handshake.read_connect(channel)
        name = asked.service.split(".")[0].upper()
        instance = self._find(name)
        if instance is None or instance.service(name).status == "unregistered":
            handshake.refuse(channel, _UNKNOWN_SERVICE)
            raise Hangup(f"service {name}")
        if instance.service(name).status == "blocked":
            handshake.refuse(channel, _BLOCKED)
            raise Hangup(f"service {name}")
        if instance.version.startswith("11."):
            handshake.accept_as_11(channel, asked)
            raise Hangup("a client of before 12.1 would go on")
        handshake.accept(channel, asked)
        try:
            self._log_in(channel, reader, sid, name, instance, ready)
        except OracleError as error:
            out = Writer()
            messages.end(out, in_transaction=False, number=error.number, text=f"{error}\n")
            channel.send_data(out.taken())
            raise Hangup("login refused") from error

    def _find(self, name: str) -> Instance | None:
        return next((instance for known, instance in self._services.items() if known.upper() == name), None)

    def _log_in(
        self,
        channel: Channel,
        reader: Reader,
        sid: int,
        name: str,
        instance: Instance,
        ready: Callable[[SqlSession], None],
    ) -> None:
        _agree(channel, reader)
        first = _read_login(reader, requests.LOGIN_FIRST)
        time.sleep(self._faults.login_delay)
        account = self._accounts.get(first.user.strip('"').upper())
        may_enter(instance.service(name), sysdba=bool(_admin(first.mode)))
        challenge = Challenge(account.password if account else None)
        _reply(channel, challenge.opening())
        second = _read_login(reader, requests.LOGIN_SECOND)
        if not challenge.accepts(second.answer) or account is None:
            raise OracleError(1017, "invalid username/password; logon denied")
        _check_privilege(second, account, first.user)
        session = self._open(instance, name, _session_user(second), bool(_admin(second.mode)), sid)
        ready(session)
        _reply(channel, [("AUTH_SVR_RESPONSE", challenge.proof(), 0), *_facts(session, instance, name, sid)])


def may_enter(service: Service, *, sysdba: bool) -> None:
    """Raise what the database says to a login in its present state."""
    if service.status == "idle":
        raise OracleError(1034, "ORACLE not available")
    if sysdba or service.status in ("open", "read_only"):
        return
    if service.status == "restricted":
        raise OracleError(1035, "ORACLE only available to users with RESTRICTED SESSION privilege")
    raise OracleError(1033, "ORACLE initialization or shutdown in progress")


def _admin(mode: int) -> int:
    return mode & (_SYSDBA | _OTHER_ADMIN)


def _session_user(login: requests.Login) -> str:
    admin = _admin(login.mode)
    return _ADMINS.get(admin, "SYS") if admin else login.user.strip('"').upper()


def _check_privilege(login: requests.Login, account: Account, user: str) -> None:
    if _admin(login.mode) and not account.sysdba:
        raise OracleError(1017, "invalid username/password; logon denied")
    if not _admin(login.mode) and user.strip('"').upper() == "SYS":
        raise OracleError(28009, "connection as SYS should be as SYSDBA or SYSOPER")


def _agree(channel: Channel, reader: Reader) -> None:
    for kind, answer in ((1, handshake.agree_protocol), (2, handshake.agree_types)):
        if reader.u8() != kind:
            raise Hangup("out of order")
        out = Writer()
        answer(reader, out)
        channel.send_data(out.taken())


def _read_login(reader: Reader, function: int) -> requests.Login:
    if (reader.u8(), reader.u8()) != (3, function):
        raise Hangup("not a login")
    reader.u8()
    return requests.read_login(reader)


def _reply(channel: Channel, pairs: list[tuple[str, str, int]]) -> None:
    out = Writer()
    messages.parameters(out, pairs)
    messages.end(out, in_transaction=False)
    channel.send_data(out.taken())


def _facts(session: SqlSession, instance: Instance, service: str, sid: int) -> list[tuple[str, str, int]]:
    parts = [int(part) for part in instance.version.split(".")[:2]]
    number = parts[0] << 24 | parts[1] << 16
    facts = {
        "AUTH_VERSION_NO": str(number),
        "AUTH_SESSION_ID": str(sid),
        "AUTH_SERIAL_NUM": str(session.serial),
        "AUTH_SC_SERVICE_NAME": service.lower(),
        "AUTH_SC_DBUNIQUE_NAME": session.context("DB_UNIQUE_NAME") or "",
        "AUTH_INSTANCENAME": session.context("INSTANCE_NAME") or "",
        "AUTH_MAX_OPEN_CURSORS": "300",
        "AUTH_MAX_IDEN_LENGTH": "128",
    }
    return [(key, value, 0) for key, value in facts.items()]

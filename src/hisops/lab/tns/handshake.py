"""The start of a connection: CONNECT and its answer, then the two messages that agree on protocol and data types."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

from hisops.lab.tns.codec import Reader, Writer
from hisops.lab.tns.wire import ACCEPT, CONNECT, DATA, REFUSE, Channel, Hangup

VERSION = 317  # below 318 neither out-of-band breaks nor fast login are spoken
OLDEST = 315
_BEFORE_12 = 314
"""What 11.2 speaks: packets whose lengths have two bytes. The thin driver knows better than to go on."""
FIELD_VERSION = 12
_UTF8, _UTF16 = 873, 2000
_LONGEST_STRING = 64 * 1024
_NAME = re.compile(r"\(\s*(?:SERVICE_NAME|SID)\s*=\s*([^)\s]+)\s*\)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Connect:
    """What the client asks the listener for."""

    service: str
    sdu: int


def read_connect(channel: Channel) -> Connect:
    """Receive CONNECT; a long connect string comes in a data packet of its own."""
    kind, body = channel.receive()
    if kind != CONNECT or len(body) < 26:
        raise Hangup("no CONNECT")
    version, _, _, sdu = struct.unpack_from(">HHHH", body)
    length, offset = struct.unpack_from(">HH", body, 16)
    if version < OLDEST:
        raise Hangup(f"version {version}")
    text = body[offset - 8 : offset - 8 + length]
    while len(text) < length <= _LONGEST_STRING:
        kind, more = channel.receive()
        if kind != DATA:
            raise Hangup("no connect string")
        text += more[2:]
    large = struct.unpack_from(">I", body, 50)[0] if len(body) >= 54 else sdu
    found = _NAME.search(text.decode(errors="replace"))
    return Connect(found[1] if found else "", large or sdu)


def accept_as_11(channel: Channel, asked: Connect) -> None:
    """Accept the connection as a server before 12.1 does."""
    channel.send(ACCEPT, struct.pack(">HHHHHHH", _BEFORE_12, 0x0C41, min(asked.sdu, 8192), 32767, 1, 0, 24) + bytes(2))


def accept(channel: Channel, asked: Connect) -> None:
    """Accept the connection; from here on packets carry four-byte lengths."""
    body = struct.pack(">HH", VERSION, 0) + bytes(10) + bytes(1) + bytes(9) + struct.pack(">I", asked.sdu)
    channel.send(ACCEPT, body)
    channel.widen(asked.sdu)


def refuse(channel: Channel, number: int) -> None:
    """Refuse the connection with a listener's error."""
    text = f"(DESCRIPTION=(TMP=)(VSNNUM=318767104)(ERR={number})(ERROR_STACK=(ERROR=(CODE={number})(EMFI=4))))"
    channel.send(REFUSE, struct.pack(">BBH", 0, 0, len(text)) + text.encode())


def agree_protocol(reader: Reader, out: Writer) -> None:
    """Answer the protocol message: character sets and capabilities."""
    reader.u8()
    while reader.u8():
        pass
    while reader.u8():
        pass
    compiled = bytearray(45)
    compiled[7] = FIELD_VERSION
    running = bytearray(7)
    running[6] = 4  # strings of 32767 bytes
    out.u8(1, 6, 0).raw(b"Linux x86-64 hisops lab\0").raw(struct.pack("<H", _UTF8)).u8(0, 0, 0)
    fixed = bytes(9) + struct.pack(">H", _UTF16)
    out.u16(len(fixed)).raw(fixed).blob(bytes(compiled)).blob(bytes(running))


def agree_types(reader: Reader, out: Writer) -> None:
    """Answer the data types message: everything as the client proposes."""
    reader.raw(5)
    reader.blob()
    reader.blob()
    while reader.u16():
        if reader.u16():
            reader.raw(4)
    out.u8(2, 0, 0)

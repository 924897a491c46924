"""Whatever comes over the socket, the listener goes on listening."""

from __future__ import annotations

import random
import socket
import struct
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

GREETING = (
    b"(DESCRIPTION=(ADDRESS=(PROTOCOL=tcp)(HOST=127.0.0.1)(PORT=1521))"
    b"(CONNECT_DATA=(SERVICE_NAME=his)(CID=(PROGRAM=x))))"
)


def connect_packet(text=GREETING):
    body = struct.pack(">HHHHHHHHHHI", 319, 300, 1, 8192, 8192, 0x4F98, 0, 1, len(text), 74, 0)
    body += bytes((0x84, 0x84)) + bytes(24) + struct.pack(">IIII", 8192, 8192, 0, 0) + text
    return struct.pack(">HHBBH", len(body) + 8, 0, 1, 0, 0) + body


def data_packet(payload):
    return struct.pack(">IBBHH", len(payload) + 10, 6, 0, 0, 0) + payload


PROTOCOL = data_packet(b"\x01\x06\x00driver\x00")
TYPES = data_packet(b"\x02\x69\x03\x69\x03\x03" + b"\x01\x00" * 2 + b"\x00\x00")


def throw(port, data):
    # a reset is an answer too
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as line:
        line.sendall(data)
        line.shutdown(socket.SHUT_WR)
        while line.recv(65536):
            pass


def test_the_hand_made_greeting_is_accepted(listener):
    with socket.create_connection(("127.0.0.1", listener.port), timeout=5) as line:
        line.sendall(connect_packet())
        assert line.recv(5)[4] == 2


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(noise=st.binary(max_size=400), stage=st.integers(0, 3))
def test_noise_at_every_stage_of_a_login(listener, noise, stage):
    so_far = [b"", connect_packet(), connect_packet() + PROTOCOL, connect_packet() + PROTOCOL + TYPES][stage]
    throw(listener.port, so_far + (data_packet(noise) if stage and len(noise) % 2 else noise))
    assert listener.alive


@pytest.mark.parametrize("seed", range(8))
def test_a_logged_in_client_gone_mad(connect, listener, seed):
    """Calls of a real session, thrown at the listener with bytes changed."""
    rng = random.Random(seed)
    calls = [
        bytes((3, rng.choice((94, 5, 4, 78, 14, 15, 147, 105, 200)), 0)) + rng.randbytes(rng.randrange(120))
        for _ in range(30)
    ]
    for call in calls:
        throw(listener.port, connect_packet() + PROTOCOL + TYPES + data_packet(call))
    assert connect().cursor().execute("select 1 from dual").fetchone() == (1,)

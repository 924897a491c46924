"""Whatever comes over the socket, the listener goes on listening."""

from __future__ import annotations

import random
import socket
import struct
import threading
from contextlib import suppress

import oracledb
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


@pytest.mark.parametrize("seed", range(6))
def test_calls_of_any_kind_before_a_login(connect, listener, seed):
    rng = random.Random(seed)
    calls = [
        bytes((3, rng.choice((94, 5, 4, 78, 14, 15, 147, 105, 200)), 0)) + rng.randbytes(rng.randrange(120))
        for _ in range(20)
    ]
    for call in calls:
        throw(listener.port, connect_packet() + PROTOCOL + TYPES + data_packet(call))
    assert connect().cursor().execute("select 1 from dual").fetchone() == (1,)


class Garbler:
    """A line between client and listener that changes a byte of the client's now and then, once it is told to."""

    def __init__(self, port, seed):
        self._target = port
        self._rng = random.Random(seed)
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        self.garbling = False
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        client, _ = self._door.accept()
        server = socket.create_connection(("127.0.0.1", self._target))
        threading.Thread(target=self._pump, args=(server, client, False), daemon=True).start()
        self._pump(client, server, True)

    def _pump(self, source, sink, from_client):
        with suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(self._garbled(data) if from_client and self.garbling else data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _garbled(self, data):
        out = bytearray(data)
        for _ in range(3):
            # the length stays, else both sides wait for each other until the client's patience ends
            out[self._rng.randrange(8, len(out))] = self._rng.randrange(256)
        return bytes(out)


@pytest.mark.parametrize("seed", range(6))
def test_a_logged_in_client_gone_mad(connect, listener, seed):
    garbler = Garbler(listener.port, seed)
    dsn = f"127.0.0.1:{garbler.port}/his"
    connection = oracledb.connect(user="his", password="his-secret", dsn=dsn)
    connection.call_timeout = 300
    garbler.garbling = True
    for _ in range(4):
        with suppress(Exception):  # whatever the client makes of it
            connection.cursor().execute("select name, :a from patient where patient_id = :b", ["中文", 2]).fetchall()
    assert connect().cursor().execute("select count(*) from patient").fetchone() == (3,)
    assert listener.alive

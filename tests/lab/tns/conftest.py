"""A listener with one instance, and connections to it by the unmodified thin driver."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any

import oracledb
import pytest

from hisops.lab.sql.backend import Service
from hisops.lab.sql.memory import MemoryInstance
from hisops.lab.sql.seed import views
from hisops.lab.tns.listener import Listener
from hisops.lab.tns.login import Account

ACCOUNTS = {"his": Account("his-secret"), "sys": Account("sys-secret", sysdba=True)}


@pytest.fixture
def instance() -> MemoryInstance:
    return MemoryInstance(views(datetime.now()), {"hispdb": Service(status="open", container="HISPDB")})


@pytest.fixture
def seen() -> list[tuple[int, str]]:
    return []


@pytest.fixture
def listener(instance: MemoryInstance, seen: list[tuple[int, str]]) -> Iterator[Listener]:
    running = Listener(
        "127.0.0.1",
        0,
        {"his": instance, "hispdb": instance},
        ACCOUNTS,
        on_statement=lambda sid, text: seen.append((sid, text)),
    )
    running.start()
    yield running
    running.stop()


@pytest.fixture
def connect(listener: Listener) -> Iterator[Callable[..., oracledb.Connection]]:
    opened = []

    def open_one(user: str = "his", password: str = "his-secret", service: str = "his", **options: Any) -> Any:
        dsn = f"127.0.0.1:{listener.port}/{service}"
        connection = oracledb.connect(user=user, password=password, dsn=dsn, **options)
        opened.append(connection)
        return connection

    yield open_one
    for connection in opened:
        with suppress(oracledb.Error):  # the test has ended it already
            connection.close()

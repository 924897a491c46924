"""SSH by the system's ssh(1): each command is a session of the host's master connection."""

from __future__ import annotations

import itertools
import shlex
from collections.abc import Iterator, Sequence

from hisops.adapters.carrier import Feed
from hisops.adapters.local import LocalCarrier
from hisops.adapters.openssh_link import OpensshLink

_LOST = 255  # what ssh ends with when it is the link that failed


class OpensshCarrier:
    """Runs framed shells as sessions of one master, which is started at the first need and again after a loss."""

    def __init__(self, link: OpensshLink) -> None:
        self._link = link
        self._local = LocalCarrier()

    def carry(
        self, argv: Sequence[str], stdin: Iterator[bytes], feed: Feed, timeout: float | None, *, keep: bool = False
    ) -> int | None:
        """Start `argv` there; see `Carrier`."""
        remote = "exec " + shlex.join(argv)
        pieces = _Kept(stdin)
        for fresh in (False, True):
            command, no_master = self._link.command(remote)
            status = self._local.carry(command, pieces, feed, timeout)
            if status != _LOST:
                return status
            # A master may have died unseen. Then nothing was started: once more, on a new one.
            never_began = no_master.exists()
            if never_began and not fresh and (again := pieces.again()) is not None:
                pieces = again
                self._link.close()
                continue
            if never_began or self._link.ended():
                raise self._link.lost()
            return None  # the link holds, so it was the far shell that ended without a code of its own
        raise AssertionError

    def close(self) -> None:
        """Hang up."""
        self._link.close()


class _Kept:
    """The pieces of stdin; the first ones are kept, in case the session never began."""

    _LIMIT = 4

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._kept: list[bytes] = []
        self._taken = 0

    def __iter__(self) -> _Kept:
        return self

    def __next__(self) -> bytes:
        piece = next(self._pieces)
        self._taken += 1
        if self._taken <= self._LIMIT:
            self._kept.append(piece)
        else:
            self._kept.clear()
        return piece

    def again(self) -> _Kept | None:
        """Return the pieces from the first one on, None if too much is gone."""
        return _Kept(itertools.chain(self._kept, self._pieces)) if self._taken <= self._LIMIT else None

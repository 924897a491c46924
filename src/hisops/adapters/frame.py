"""The text that carries a script to a far POSIX shell, and what tells its output from all other noise.

The command that is executed is small, fixed and free of values: a shell that reads the framed text from its stdin; if
the script has a stdin of its own, exactly the text and nothing behind it. The text is one subshell: cut short by a lost
link it is a syntax error and nothing of it runs; and the shell that has read it may be given another. What comes before
the begin mark or after the end mark (banners, profiles) is never taken for output.
"""

from __future__ import annotations

import re
import secrets
import shlex
from collections.abc import Mapping, Sequence

from hisops.errors import Refused
from hisops.model.site import RunAs
from hisops.ports import Command, Sink, Stream

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_USER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_MARK = b"\x1e"
_NOISE_LIMIT = 4096

LOCALE = {
    "LANG": "C",
    "LC_ALL": "C",
    "NLS_LANG": "AMERICAN_AMERICA.AL32UTF8",
    "NLS_DATE_FORMAT": "YYYY-MM-DD HH24:MI:SS",
}
UNSET = ("SQLPATH", "ORACLE_PATH", "ENV", "BASH_ENV", "CDPATH", "LANGUAGE", "GREP_OPTIONS")


def quote(text: str) -> str:
    """Return `text` as one word of a POSIX shell, whatever bytes it holds. Refused if it holds a NUL."""
    if "\0" in text:
        raise Refused("HIS-3019", "A value for a shell holds a NUL byte.", "Remove the NUL byte from the value.")
    return "'" + text.replace("'", "'\\''") + "'"


def encode(text: str) -> bytes:
    """Return the bytes of `text`; bytes that came in through surrogateescape go out as they were."""
    return text.encode("utf-8", "surrogateescape")


def prelude(env: Mapping[str, str], run_as: RunAs | None = None, path: Sequence[str] = ()) -> str:
    """Return the lines that make the environment of a script the same everywhere, with `env` added."""
    lines = [f"unset {' '.join(UNSET)}"]
    if run_as and run_as.via == "su":  # su of AIX keeps the caller's HOME
        lines.append(f"HOME=~{_user(run_as)}; export HOME")
    if path:
        lines.append(f"PATH={quote(':'.join(path))}:$PATH; export PATH")
    for name, value in {**LOCALE, **env}.items():
        if not _NAME.fullmatch(name):
            raise Refused("HIS-3018", "{name} cannot name an environment variable.", "Rename it.", name=repr(name))
        lines.append(f"{name}={quote(value)}; export {name}")
    lines.append('cd "$HOME" 2>/dev/null || cd /')
    return "\n".join(lines)


def argv(
    length: int | None, run_as: RunAs | None, *, os: str, path: Sequence[str] = (), shell: str = "/bin/sh"
) -> list[str]:
    """Return the command that takes a framed text from its stdin, as the user of `run_as`.

    Without `length` the text is all that comes; else it is the first `length` bytes.
    """
    reader = [shell]
    if length is not None:
        # dd reads byte by byte and so nothing beyond the text; head of GNU and busybox does it faster.
        take = f"head -c {length}" if os == "linux" else f"dd bs=1 count={length} 2>/dev/null"
        reader += ["-c", f'LC_ALL=C; export LC_ALL; eval "$({take})"']
    if run_as is None or run_as.via == "none":
        return reader
    if run_as.via == "sudo":
        become = ["sudo", "-n", "-H", "-u", _user(run_as), "--", *reader]
    else:
        become = ["su", _user(run_as), "-c", "exec " + shlex.join(reader)]
    extended = f"PATH={quote(':'.join(path))}:$PATH; export PATH; " if path else ""
    return [shell, "-c", f"{extended}exec {shlex.join(become)}"]


def _user(run_as: RunAs) -> str:
    if not _USER.fullmatch(run_as.user):
        raise Refused("HIS-3018", "{name} cannot name a user.", "Correct it in site.yaml.", name=repr(run_as.user))
    return run_as.user


class Frame:
    """One command, framed: `argv` starts the shell, `text` is what it reads first from its stdin."""

    def __init__(
        self, command: Command, *, os: str = "linux", path: Sequence[str] = (), shell: str = "/bin/sh"
    ) -> None:
        self.token = secrets.token_hex(16)
        mark = f"\\036{self.token}"
        self.text = encode(
            "(\n"
            f"{prelude(command.env, command.run_as, path)}\n"
            f"printf '{mark}{{'; printf '{mark}{{' >&2\n"
            f"( eval {quote(command.script)} ){'' if command.stdin else ' </dev/null'}\n"
            "set -- $?\n"
            f"printf '{mark}}}%s;' \"$1\"; printf '{mark}}}%s;' \"$1\" >&2\n"
            'exit "$1"\n'
            ")\n"
        )
        self.argv = argv(len(self.text) if command.stdin else None, command.run_as, os=os, path=path, shell=shell)


class _Cutter:
    """Cuts one stream at its marks. Holds back only what may be the beginning of a mark."""

    def __init__(self, token: str) -> None:
        self._begin = _MARK + token.encode() + b"{"
        self._end = _MARK + token.encode() + b"}"
        self._held = b""
        self.began = False
        self.noise = b""
        self.code: int | None = None

    def cut(self, data: bytes) -> bytes:
        """Return the part of the stream that `data` makes certain to be output."""
        if self.code is not None:
            return b""
        data = self._held + data
        self._held = b""
        if not self.began:
            before, mark, data = data.partition(self._begin)
            if not mark:
                keep = len(self._begin) - 1
                self.noise = (self.noise + before[:-keep])[:_NOISE_LIMIT]
                self._held = before[-keep:]
                return b""
            self.began = True
        return self._until_end(data)

    def _until_end(self, data: bytes) -> bytes:
        at = data.find(self._end)
        if at < 0:
            at = data.rfind(_MARK, max(0, len(data) - len(self._end)))
            if at < 0 or not self._end.startswith(data[at:]):
                return data
        else:
            code, semicolon, _ = data[at + len(self._end) :].partition(b";")
            if semicolon:
                self.code = int(code)
                return data[:at]
        self._held = data[at:]
        return data[:at]

    def rest(self) -> bytes:
        """Return what was held back when the stream has ended without its mark."""
        held, self._held = self._held, b""
        if not self.began:
            self.noise = (self.noise + held)[:_NOISE_LIMIT]
            return b""
        return held if self.code is None else b""


class Decoder:
    """Takes the raw streams of a framed command, feeds its own output to `sink`, knows its exit code."""

    def __init__(self, token: str, sink: Sink) -> None:
        self._cutters: dict[Stream, _Cutter] = {"stdout": _Cutter(token), "stderr": _Cutter(token)}
        self._sink = sink

    def feed(self, stream: Stream, data: bytes) -> bool:
        """Take `data`; return true when both streams have ended, whoever still holds them open."""
        cutter = self._cutters[stream]
        if output := cutter.cut(data):
            self._sink(stream, output)
        return cutter.code is not None and all(other.code is not None for other in self._cutters.values())

    def finish(self) -> None:
        """The streams have ended: let go what was held back."""
        for stream, cutter in self._cutters.items():
            if rest := cutter.rest():
                self._sink(stream, rest)

    @property
    def began(self) -> bool:
        """Whether the framed script was reached."""
        return any(cutter.began for cutter in self._cutters.values())

    @property
    def code(self) -> int | None:
        """The exit code that the frame told."""
        return next((cutter.code for cutter in self._cutters.values() if cutter.code is not None), None)

    @property
    def noise(self) -> str:
        """What came instead of the begin mark, stderr first."""
        both = (self._cutters["stderr"].noise, self._cutters["stdout"].noise)
        return " ".join(b" ".join(both).decode("utf-8", "replace").split())

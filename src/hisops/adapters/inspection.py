"""What a host must have before operations on it can be trusted. The findings are errors that nobody has raised yet."""

from __future__ import annotations

from hisops.adapters.operations import call, fields, text_of
from hisops.errors import Refused
from hisops.model.site import RunAs
from hisops.ports import Command, Host, Stream

_VOLATILE = frozenset({"tmpfs", "ramfs", "devtmpfs", "overlayfs-volatile"})
_SHARED = frozenset({"nfs", "nfs4", "cifs", "smb2", "afs", "fuseblk"})


def inspect_ops(host: Host, run_as: RunAs | None, boot_id_file: str | None = None) -> list[Refused]:
    """Return what is wrong with the folder of operations of a user; nothing is made or changed."""
    answer = b""

    def sink(stream: Stream, data: bytes) -> None:
        nonlocal answer
        answer += data if stream == "stdout" else b""

    script = call("inspect", boot_file=boot_id_file, before=text_of("inspection.sh"))
    host.run(Command(script=script, run_as=run_as), sink, 60)
    told = fields(answer)
    opened = [
        line.partition(b"=")[2].decode("utf-8", "replace") for line in answer.splitlines() if b"open=" in line[:5]
    ]
    wrong = [
        (told.get("file_system") in _VOLATILE, _TMPFS, told.get("file_system")),
        (told.get("file_system") in _SHARED, _NETWORK, told.get("file_system")),
        (told.get("owner") != told.get("self"), _FOREIGN, told.get("owner")),
        (told.get("detach", "") in {"", "nohup"}, _NO_SESSION, told.get("detach")),
        (not told.get("boot"), _NO_BOOT, None),
        ("kill_user_processes" in told, _LOGIND, None),
        *((True, _OPEN, path) for path in opened),
    ]
    user = run_as.user if run_as else "the login user"
    return [Refused(*text, host=host.name, user=user, detail=detail) for bad, text, detail in wrong if bad]


_TMPFS = (
    "HIS-3050",
    "~/.hisops of {user} on {host} lies on {detail}, which a reboot empties.",
    "Give the user a home on a disk: after a reboot nobody could tell whether a step had started.",
)
_NETWORK = (
    "HIS-3051",
    "~/.hisops of {user} on {host} lies on a network file system ({detail}).",
    "Give the user a home on a local disk; the lock of a step must not depend on another machine.",
)
_OPEN = (
    "HIS-3052",
    "Everybody may write to {detail} on {host}, so ~/.hisops of {user} can be exchanged.",
    "Run on the host: chmod o-w {detail}",
)
_FOREIGN = (
    "HIS-3053",
    "~/.hisops/ops of {user} on {host} belongs to user number {detail}.",
    "Give it back to its user with chown, or remove it.",
)
_NO_SESSION = (
    "HIS-3012",
    "{host} has neither setsid nor perl for {user}, so a destructive tool could die with the link.",
    "Install setsid (util-linux) or perl on the host.",
)
_NO_BOOT = (
    "HIS-3014",
    "{host} does not tell which boot it is in.",
    "Set boot_id_file of the host in site.yaml to a file that changes at every boot.",
)
_LOGIND = (
    "HIS-3054",
    "{host} kills all processes of a user who logs out (KillUserProcesses of systemd-logind).",
    "Set KillUserProcesses=no, or run: loginctl enable-linger for {user}",
)

"""The words of an ssh_config that hisops does not honour: what works for ssh(1) and then not for hisops."""

from __future__ import annotations

from pathlib import Path
from typing import Any

# Read by fabric, by paramiko, or by ssh_link itself.
_HONOURED = frozenset(
    {
        "canonicaldomains", "canonicalizefallbacklocal", "canonicalizehostname", "canonicalizemaxdots",
        "connecttimeout", "globalknownhostsfile", "host", "hostname", "identityfile", "match", "port",
        "proxycommand", "proxyjump", "user", "userknownhostsfile",
    }
)  # fmt: skip
# No say in whether or whom hisops reaches; or hisops has a stricter rule of its own.
_HARMLESS = frozenset(
    {
        "addkeystoagent", "batchmode", "checkhostip", "clearallforwardings", "compression", "controlmaster",
        "controlpath", "controlpersist", "dynamicforward", "enableescapecommandline", "escapechar",
        "exitonforwardfailure", "fingerprinthash", "forkafterauthentication", "forwardagent", "forwardx11",
        "forwardx11timeout", "forwardx11trusted", "gatewayports", "hashknownhosts", "ipqos", "localforward",
        "loglevel", "logverbose", "nohostauthenticationforlocalhost", "numberofpasswordprompts",
        "obscurekeystroketiming", "passwordauthentication", "permitlocalcommand", "permitremoteopen",
        "preferredauthentications", "remoteforward", "requesttty", "sendenv", "serveralivecountmax",
        "serveraliveinterval", "sessiontype", "setenv", "stdinnull", "streamlocalbindmask", "streamlocalbindunlink",
        "stricthostkeychecking", "tcpkeepalive", "updatehostkeys", "visualhostkey", "xauthlocation",
    }
)  # fmt: skip
_FILES = (Path("~/.ssh/config"), Path("/etc/ssh/ssh_config"))


def ssh_words_not_honoured(address: str, files: tuple[Path, ...] = _FILES) -> list[str]:
    """Return the words that ssh_config gives for `address` and hisops passes over, sorted, as ssh_config(5) lists them.

    `Include` is among them: the words of an included file are not seen at all.
    """
    words: set[str] = set()
    for file in files:
        words |= _words(file.expanduser(), address)
    return sorted(words - _HONOURED - _HARMLESS)


def _words(file: Path, address: str) -> set[str]:
    import paramiko

    config: Any = paramiko.SSHConfig()
    try:
        with file.open(encoding="utf-8", errors="replace") as lines:
            config.parse(lines)
    except OSError:
        return set()
    return set(config.lookup(address))

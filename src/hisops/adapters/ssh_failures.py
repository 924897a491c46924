"""The ways in which SSH to a host can fail, each with its code, told alike whichever SSH it was."""

from __future__ import annotations

Failure = tuple[str, str, str]

UNKNOWN_KEY: Failure = (
    "HIS-3005",
    "The host key of {host} ({address}) is not known: {detail}",
    "Compare the fingerprint with the host's own (ssh-keygen -lf), then put the key into {known_hosts}.",
)
CHANGED_KEY: Failure = (
    "HIS-3006",
    "The host key of {host} ({address}) is not the known one: {detail}",
    "Treat it as an attack until the host's administrator explains the change. "
    "Compare the fingerprint with the host's own (ssh-keygen -lf), then put the key into {known_hosts}.",
)
LOGIN_REFUSED: Failure = (
    "HIS-3004",
    "{host} ({address}) did not accept {user}: {detail}",
    "Check user and identity_file of the host in site.yaml, and authorized_keys on the host; "
    "a key with a passphrase must be loaded in ssh-agent.",
)
NOT_LISTENING: Failure = (
    "HIS-3001",
    "{host} ({address}) refused the connection.",
    "Check address and port in site.yaml, and that sshd runs there.",
)
NO_NAME: Failure = (
    "HIS-3002",
    "The name of {host} ({address}) cannot be resolved.",
    "Correct its address in site.yaml.",
)
LATE: Failure = ("HIS-3003", "{host} ({address}) did not answer in time.", "Check the network and the firewall.")
NO_WAY: Failure = (
    "HIS-3001",
    "{host} ({address}) cannot be reached: {detail}",
    "Check address, network and firewall.",
)
LOST: Failure = (
    "HIS-3007",
    "The link to {host} was lost: {detail}",
    "What runs detached there goes on; try again when the host answers.",
)
TOO_OLD: Failure = (
    "HIS-3058",
    "{host} ({address}) is too old for the built-in SSH: {detail}",
    "Set `ssh: system` for the host in site.yaml; its ssh_options can allow `HostKeyAlgorithms: +ssh-rsa`.",
)
NOTHING_SHARED: Failure = (
    "HIS-3056",
    "{host} ({address}) and this machine share no algorithm: {detail}",
    "If the host cannot be brought up to date, allow what it offers under `ssh_options:` of the host in site.yaml.",
)
NO_KEY_FILE: Failure = (
    "HIS-3055",
    "The key {path} for {host} is not there.",
    "Correct identity_file of the host in site.yaml; it is relative to the site folder.",
)
FAILED: Failure = (
    "HIS-3008",
    "SSH to {host} ({address}) failed: {detail}",
    "Try `ssh -v` to the host with the same user.",
)

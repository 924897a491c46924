"""Secrets of the site by reference: environment, file, the desktop's or server's keyring, or typed in."""

from __future__ import annotations

import getpass
import os
import stat
import sys
import threading
from pathlib import Path

from hisops.errors import IdentityRefused
from hisops.model.site import SecretRef, Site
from hisops.secret import Secret


class SiteVault:
    """Satisfies the port `Vault`. What was typed once is kept for this process, the rest is read at each use."""

    def __init__(self, site: Site, site_dir: Path) -> None:
        self._refs = site.secrets
        self._site_dir = site_dir
        self._service = f"hisops/{site.name}"
        self._typed: dict[str, Secret] = {}
        self._lock = threading.Lock()

    def get(self, name: str) -> Secret:
        """Return the secret `name` of the site; IdentityRefused if it cannot be had."""
        ref = self._ref(name)
        if ref.env:
            return self._from_environment(name, ref.env)
        if ref.file:
            return Secret(name, _read(name, self._path(ref.file)))
        if ref.keyring:
            return self._from_keyring(name, ref.keyring)
        return self._from_prompt(name)

    def source(self, name: str) -> str:
        """Return where it is kept, in words without the secret."""
        ref = self._ref(name)
        if ref.env:
            return f"environment variable {ref.env}"
        if ref.file:
            return f"file {self._path(ref.file)}"
        if ref.keyring:
            return f"keyring entry {ref.keyring} of {self._service}"
        return "typed at the terminal"

    def _ref(self, name: str) -> SecretRef:
        ref = self._refs.get(name)
        given = [] if ref is None else [value for value in (ref.env, ref.file, ref.keyring, ref.prompt) if value]
        if ref is None or len(given) != 1:
            raise IdentityRefused(
                "HIS-3041",
                "The site does not say in one way where the secret {name} is kept.",
                "Give it one of env, file, keyring or prompt under `secrets` in site.yaml.",
                name=name,
            )
        return ref

    def _path(self, file: str) -> Path:
        return self._site_dir / Path(file).expanduser()

    def _from_environment(self, name: str, variable: str) -> Secret:
        value = os.environ.get(variable)
        if not value:
            raise IdentityRefused(
                "HIS-3042",
                "The secret {name} is not in the environment variable {variable}.",
                "Set it in the shell that starts hisops.",
                name=name,
                variable=variable,
            )
        return Secret(name, value)

    def _from_keyring(self, name: str, entry: str) -> Secret:
        import keyring
        from keyring.errors import KeyringError

        try:
            value, why = keyring.get_password(self._service, entry), "it has no such entry"
        except KeyringError as error:
            value, why = None, str(error) or type(error).__name__
        if not value:
            raise IdentityRefused(
                "HIS-3044",
                "The secret {name} cannot be had from the keyring: {detail}",
                "Store it: keyring set {service} {entry}",
                name=name,
                detail=why,
                service=self._service,
                entry=entry,
            )
        return Secret(name, value)

    def _from_prompt(self, name: str) -> Secret:
        with self._lock:
            if name not in self._typed:
                if not sys.stdin.isatty():
                    raise IdentityRefused(
                        "HIS-3045",
                        "The secret {name} is to be typed, and there is no terminal.",
                        "Run at a terminal, or keep the secret in a file, the environment or a keyring.",
                        name=name,
                    )
                self._typed[name] = Secret(name, getpass.getpass(f"{name}: "))
            return self._typed[name]


def _read(name: str, path: Path) -> str:
    """Return the one text in `path`, which must be the caller's own and closed to all others."""
    try:
        number = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise IdentityRefused(
            "HIS-3043",
            "The file {path} of the secret {name} cannot be read: {detail}",
            "Create it with mode 0600, or correct the path in site.yaml.",
            name=name,
            path=path,
            detail=error.strerror,
        ) from error
    with os.fdopen(number, encoding="utf-8") as file:
        told = os.fstat(number)
        if told.st_uid != os.geteuid() or stat.S_IMODE(told.st_mode) & 0o177:
            raise IdentityRefused(
                "HIS-3046",
                "The file {path} of the secret {name} belongs to another user or is open to others.",
                "Run: chmod 600 {path}; it must be your own.",
                name=name,
                path=path,
            )
        return file.read().rstrip("\r\n")

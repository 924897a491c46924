"""Logging in with the 12c verifier: the client proves the password, the server proves that it knew it."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

VERIFIER_12C = 0x4815
_ROUNDS, _KEY_ROUNDS = 4096, 3
_BLOCK = 16


@dataclass(frozen=True, slots=True)
class Account:
    """A database account of the lab."""

    password: str
    sysdba: bool = False


class Challenge:
    """One login attempt: what is sent first, and the judgement of the answer."""

    def __init__(self, password: str | None) -> None:
        """Prepare a challenge; an unknown user (None) gets one that no answer satisfies."""
        self._password = (password if password is not None else secrets.token_hex(16)).encode()
        self._known = password is not None
        self._salt = secrets.token_bytes(16)
        self._half = secrets.token_bytes(32)
        self._key_salt = secrets.token_bytes(16)
        speedy = hashlib.pbkdf2_hmac("sha512", self._password, self._salt + b"AUTH_PBKDF2_SPEEDY_KEY", _ROUNDS, 64)
        self._key = hashlib.sha512(speedy + self._salt).digest()[:32]
        self._combo = b""

    def opening(self) -> list[tuple[str, str, int]]:
        """Return the parameters of the first reply."""
        return [
            ("AUTH_SESSKEY", _hex(_encrypt(self._key, self._half)), 0),
            ("AUTH_VFR_DATA", _hex(self._salt), VERIFIER_12C),
            ("AUTH_PBKDF2_CSK_SALT", _hex(self._key_salt), 0),
            ("AUTH_PBKDF2_VGEN_COUNT", str(_ROUNDS), 0),
            ("AUTH_PBKDF2_SDER_COUNT", str(_KEY_ROUNDS), 0),
        ]

    def accepts(self, answer: Mapping[str, str]) -> bool:
        """Tell whether the client's second message proves the password."""
        try:
            theirs = _decrypt(self._key, bytes.fromhex(answer["AUTH_SESSKEY"]))[:32]
            both = _hex(theirs + self._half).encode()
            self._combo = hashlib.pbkdf2_hmac("sha512", both, self._key_salt, _KEY_ROUNDS, 32)
            salted = _decrypt(self._combo, bytes.fromhex(answer["AUTH_PASSWORD"]))
        except (KeyError, ValueError):
            return False
        said = salted[_BLOCK : -salted[-1]] if salted else b""
        return hmac.compare_digest(said, self._password) and self._known

    def proof(self) -> str:
        """Return the server's own proof, AUTH_SVR_RESPONSE."""
        plain = secrets.token_bytes(16) + b"SERVER_TO_CLIENT"
        return _hex(_encrypt(self._combo, plain))


def _hex(data: bytes) -> str:
    return data.hex().upper()


def _encrypt(key: bytes, plain: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    machine = Cipher(algorithms.AES(key), modes.CBC(bytes(_BLOCK))).encryptor()
    return machine.update(plain) + machine.finalize()


def _decrypt(key: bytes, sealed: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    machine = Cipher(algorithms.AES(key), modes.CBC(bytes(_BLOCK))).decryptor()
    return machine.update(sealed) + machine.finalize()

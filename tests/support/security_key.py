"""Security keys made in software: what somebody who has no token would forge (PROTOCOL.u2f), as ssh-keygen reads it."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hisops.journal.sshkey import line_of
from hisops.journal.sshsig import armor, preamble, signed_data
from hisops.journal.sshwire import string

APPLICATION = b"ssh:"
ED25519 = b"sk-ssh-ed25519@openssh.com"
ECDSA = b"sk-ecdsa-sha2-nistp256@openssh.com"


def _mpint(number: int) -> bytes:
    return string(number.to_bytes(number.bit_length() // 8 + 1, "big"))


@dataclass
class SoftKey:
    """A key that claims to be a token's, of one of the two kinds."""

    kind: bytes
    private: Any = field(init=False)

    def __post_init__(self) -> None:
        self.private = Ed25519PrivateKey.generate() if self.kind == ED25519 else ec.generate_private_key(ec.SECP256R1())

    @property
    def blob(self) -> bytes:
        public = self.private.public_key()
        if self.kind == ED25519:
            return string(self.kind) + string(public.public_bytes_raw()) + string(APPLICATION)
        point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return string(self.kind) + string(b"nistp256") + string(point) + string(APPLICATION)

    @property
    def line(self) -> str:
        return line_of(self.blob)

    def value(self, data: bytes, flags: int) -> bytes:
        """Return the signature over `data` as a token with these flags would send it."""
        tail = struct.pack(">BI", flags, 7)
        message = hashlib.sha256(APPLICATION).digest() + tail + hashlib.sha256(data).digest()
        if self.kind == ED25519:
            made = self.private.sign(message)
        else:
            made = b"".join(map(_mpint, decode_dss_signature(self.private.sign(message, ec.ECDSA(hashes.SHA256())))))
        return string(self.kind) + string(made) + tail

    def sign(self, namespace: str, data: bytes, flags: int) -> str:
        """Return the armoured signature."""
        blob = preamble(self.blob, namespace) + string(self.value(signed_data(namespace, data), flags))
        return armor(blob)

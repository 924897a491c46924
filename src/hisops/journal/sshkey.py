"""OpenSSH public keys: their one-line form, fingerprints, and checking signatures made with them.

Key and signature formats: RFC 4253, RFC 5656, RFC 8332, RFC 8709, and OpenSSH's PROTOCOL.u2f for security keys.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable
from typing import Any

from hisops.journal.sshwire import Wire, string

TOUCHED, VERIFIED = 0x01, 0x04
_CURVES = {
    "nistp256": ("SECP256R1", "SHA256"),
    "nistp384": ("SECP384R1", "SHA384"),
    "nistp521": ("SECP521R1", "SHA512"),
}
_MIN_RSA_BITS = 2048


class BadSignature(ValueError):
    """A signature does not hold, or a key is of no use."""


def blob_of(line: str) -> bytes:
    """Return the key in a line like `ssh-ed25519 AAAA… comment`; ValueError if it is none."""
    kind, _, rest = line.strip().partition(" ")
    try:
        blob = base64.b64decode(rest.split(" ", 1)[0], validate=True)
    except binascii.Error as error:
        raise ValueError(f"the key is not base64: {error}") from error
    if kind_of(blob) != kind:
        raise ValueError(f"the key says it is {kind_of(blob)}, its line says {kind}")
    return blob


def line_of(blob: bytes) -> str:
    """Return the one-line form of a key."""
    return f"{kind_of(blob)} {base64.b64encode(blob).decode('ascii')}"


def kind_of(blob: bytes) -> str:
    """Return the type that a key names itself."""
    return Wire(blob).text()


def fingerprint(blob: bytes) -> str:
    """Return `SHA256:…` as ssh-keygen -l prints it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode("ascii").rstrip("=")


def check_signature(key: bytes, signature: bytes, data: bytes) -> None:
    """Raise BadSignature unless `signature` (in its wire form) over `data` was made with `key`."""
    check = _CHECKS.get(kind_of(key))
    if check is None:
        raise BadSignature(f"keys of type {kind_of(key)} are not accepted")
    try:
        check(key, Wire(signature), data)
    except BadSignature:
        raise
    except (ValueError, OverflowError) as error:
        raise BadSignature(str(error)) from error


def check_user_verified(key: bytes, signature: bytes) -> None:
    """Raise BadSignature if `signature`, known to hold, is a security key's that did not ask who touches it."""
    if kind_of(key).startswith("sk-"):
        wire = Wire(signature)
        wire.string(), wire.string()
        if not wire.take(1)[0] & VERIFIED:
            raise BadSignature("the security key did not ask for a PIN or a fingerprint")


def ed25519_verifier(public: bytes) -> Callable[[bytes, bytes], None]:
    """Return a function (signature, data) that raises BadSignature; the fastest library that is installed."""
    try:
        from nacl.exceptions import BadSignatureError
        from nacl.signing import VerifyKey
    except ImportError:
        return _ed25519_openssl(public)
    verify_with_nacl = VerifyKey(public).verify

    def check(signature: bytes, data: bytes) -> None:
        try:
            verify_with_nacl(data, signature)
        except BadSignatureError as error:
            raise BadSignature("the signature does not fit") from error

    return check


def _ed25519_openssl(public: bytes) -> Callable[[bytes, bytes], None]:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    verify = Ed25519PublicKey.from_public_bytes(public).verify

    def check(signature: bytes, data: bytes) -> None:
        try:
            verify(signature, data)
        except InvalidSignature as error:
            raise BadSignature("the signature does not fit") from error

    return check


def _expect(wire: Wire, kind: str) -> None:
    found = wire.text()
    if found != kind:
        raise BadSignature(f"the signature is of type {found}, not {kind}")


def _check_ed25519(key: bytes, signature: Wire, data: bytes) -> None:
    public = Wire(key)
    public.string()
    raw = public.string()
    public.end()
    _expect(signature, "ssh-ed25519")
    value = signature.string()
    signature.end()
    if len(raw) != 32 or len(value) != 64:
        raise BadSignature("a key or signature has the wrong length")
    ed25519_verifier(raw)(value, data)


def _check_ecdsa(key: bytes, signature: Wire, data: bytes) -> None:
    public = Wire(key)
    kind, curve, point = public.text(), public.text(), public.string()
    public.end()
    _expect(signature, kind)
    value = signature.string()
    signature.end()
    _ecdsa(curve, point, value, data)


def _ecdsa(curve: str, point: bytes, value: bytes, data: bytes) -> None:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    if curve not in _CURVES:
        raise BadSignature(f"the curve {curve} is not accepted")
    curve_name, hash_name = _CURVES[curve]
    public = ec.EllipticCurvePublicKey.from_encoded_point(getattr(ec, curve_name)(), point)
    pair = Wire(value)
    r, s = (int.from_bytes(pair.string(), "big", signed=True) for _ in range(2))
    pair.end()
    try:
        public.verify(encode_dss_signature(r, s), data, ec.ECDSA(getattr(hashes, hash_name)()))
    except InvalidSignature as error:
        raise BadSignature("the signature does not fit") from error


def _check_rsa(key: bytes, signature: Wire, data: bytes) -> None:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    public = Wire(key)
    public.string()
    e, n = (int.from_bytes(public.string(), "big") for _ in range(2))
    public.end()
    names: dict[str, Any] = {"rsa-sha2-256": hashes.SHA256, "rsa-sha2-512": hashes.SHA512}
    kind, value = signature.text(), signature.string()
    signature.end()
    if kind not in names or n.bit_length() < _MIN_RSA_BITS:
        raise BadSignature("RSA needs SHA-2 and 2048 bits")
    try:
        rsa.RSAPublicNumbers(e, n).public_key().verify(value, data, padding.PKCS1v15(), names[kind]())
    except InvalidSignature as error:
        raise BadSignature("the signature does not fit") from error


def _check_security_key(key: bytes, signature: Wire, data: bytes) -> None:
    """Stock ssh-keygen accepts a security key's signature without touch; we do not."""
    public = Wire(key)
    kind = public.text()
    curve = public.text() if kind.startswith("sk-ecdsa") else ""
    point, application = public.string(), public.string()
    public.end()
    _expect(signature, kind)
    value, flags, counter = signature.string(), signature.take(1), signature.take(4)
    signature.end()
    if not flags[0] & TOUCHED:
        raise BadSignature("the security key was not touched")
    message = hashlib.sha256(application).digest() + flags + counter + hashlib.sha256(data).digest()
    if curve:
        _ecdsa(curve, point, value, message)
    else:
        _check_ed25519(string("ssh-ed25519") + string(point), Wire(string("ssh-ed25519") + string(value)), message)


_CHECKS: dict[str, Callable[[bytes, Wire, bytes], None]] = {
    "ssh-ed25519": _check_ed25519,
    "ecdsa-sha2-nistp256": _check_ecdsa,
    "ecdsa-sha2-nistp384": _check_ecdsa,
    "ecdsa-sha2-nistp521": _check_ecdsa,
    "ssh-rsa": _check_rsa,
    "sk-ssh-ed25519@openssh.com": _check_security_key,
    "sk-ecdsa-sha2-nistp256@openssh.com": _check_security_key,
}

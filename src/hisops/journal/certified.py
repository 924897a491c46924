"""The key of a segment as a reader sees it: a certificate that has to fit the run, and signatures made with its key."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hisops.journal.runkey import FORCED, LEDGER, RUN, key_id
from hisops.journal.sshcert import Certificate, parse_certificate
from hisops.journal.sshkey import BadSignature, ed25519_verifier
from hisops.journal.sshsig import from_base64, parse, preamble, signed_data
from hisops.journal.sshwire import string
from hisops.journal.trust import Trust

_VALUE_LENGTH = 64
_VALUE_HEAD = string(string("ssh-ed25519") + string(bytes(_VALUE_LENGTH)))[:-_VALUE_LENGTH]


class CertifiedKey:
    """Checks signatures of one certified key; all but their last 64 bytes are known beforehand."""

    def __init__(self, certificate: Certificate) -> None:
        self.certificate = certificate
        self._verify = ed25519_verifier(certificate.public)
        self._heads = {name: preamble(certificate.blob, name) + _VALUE_HEAD for name in (RUN, LEDGER)}

    def check(self, blob: bytes, namespace: str, message: bytes) -> None:
        """Raise BadSignature unless `blob` is the signature of this key over `message`."""
        head = self._heads[namespace]
        if len(blob) != len(head) + _VALUE_LENGTH or not blob.startswith(head):
            raise BadSignature(_why_other(blob, self.certificate.blob, namespace))
        self._verify(blob[-_VALUE_LENGTH:], signed_data(namespace, message))


def certified_key(values: Mapping[str, Any], run: str, plan: str, trust: Trust, at: datetime) -> CertifiedKey:
    """Return the key whose certificate stands in `values`; ValueError unless it is `actor`'s for just this run."""
    certificate = parse_certificate(from_base64(values["cert"]))
    actor = values["actor"]
    if certificate.principals != (actor, f"run-{run}"):
        raise ValueError(f"the certificate is for {' and '.join(certificate.principals)}")
    if certificate.key_id != key_id(run, plan):
        raise ValueError(f"the certificate is for {certificate.key_id}")
    if certificate.critical != FORCED or certificate.extensions:
        raise ValueError("the certificate allows more than to sign a log")
    if not certificate.covers(at):
        raise ValueError(f"the certificate was not valid at {at:%Y-%m-%d %H:%M:%SZ}")
    trust.check_authority(certificate.authority, actor, RUN, at)
    trust.check_authority(certificate.authority, actor, LEDGER, at)
    trust.check_not_revoked(certificate.blob)
    return CertifiedKey(certificate)


def _why_other(blob: bytes, key: bytes, namespace: str) -> str:
    try:
        signature = parse(blob)
    except ValueError as error:
        return str(error)
    if signature.key != key:
        return "it was made with another key than that of this segment"
    return f"it was made for {signature.namespace}, not for {namespace}"

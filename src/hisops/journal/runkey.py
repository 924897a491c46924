"""The key of one segment: made in memory, certified once by the operator, gone with the process."""

from __future__ import annotations

import base64
from datetime import timedelta

from hisops.journal.sshcert import Certificate, parse_certificate
from hisops.journal.sshkey import blob_of
from hisops.journal.sshsig import preamble, signed_data
from hisops.journal.sshwire import string
from hisops.ports import Certifier, Clock

RUN = "run.v1@hisops"
LEDGER = "ledger.v1@hisops"
FORCED = {"force-command": "/bin/false"}  # a certificate that leaks must not open a login
_BEFORE, _AFTER = timedelta(minutes=5), timedelta(hours=72)


def key_id(run_id: str, plan_digest: str) -> str:
    """Return what a run's certificate calls itself."""
    return f"run:{run_id} plan:{plan_digest}"


class RunKey:
    """A certified Ed25519 key that signs barriers in the form of ssh-keygen."""

    def __init__(self, certifier: Certifier, clock: Clock, *, run_id: str, plan_digest: str, serial: int) -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        private = Ed25519PrivateKey.generate()
        self._sign = private.sign
        public = private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode("ascii")
        now = clock.now()
        line = certifier.certify(
            public,
            serial=serial,
            key_id=key_id(run_id, plan_digest),
            principals=(certifier.principal, f"run-{run_id}"),
            valid_from=now - _BEFORE,
            valid_to=now + _AFTER,
        )
        self.certificate: Certificate = parse_certificate(blob_of(line))
        if string(self.certificate.public) not in blob_of(public):
            raise ValueError("the certificate is for another key")
        self._preambles = {name: preamble(self.certificate.blob, name) for name in (RUN, LEDGER)}

    @property
    def line(self) -> str:
        """The certificate as it stands in a record: base64."""
        return base64.b64encode(self.certificate.blob).decode("ascii")

    def sign(self, namespace: str, message: bytes) -> bytes:
        """Return the binary SSHSIG over `message`."""
        value = self._sign(signed_data(namespace, message))
        return self._preambles[namespace] + string(string("ssh-ed25519") + string(value))

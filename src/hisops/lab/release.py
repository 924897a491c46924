"""What differs between the releases of Oracle Database that the lab has: names, numbers, files of the home."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One release as its own tools speak of it."""

    number: str
    folder: str
    product: str
    home_name: str
    oui: str
    until: int
    """The last year of the copyright that its tools print."""
    libraries: tuple[str, ...]
    opatch: str
    old_opatch: str

    @property
    def container(self) -> bool:
        """Whether its databases are container databases."""
        return int(self.number.partition(".")[0]) >= 12

    @property
    def client_library(self) -> str:
        """The library that every client of the home maps."""
        return next(file for file in self.libraries if "libclntsh" in file)


R19 = Release(
    number="19.0.0.0.0",
    folder="19.0.0",
    product="Oracle Database 19c",
    home_name="OraDB19Home1",
    oui="12.2.0.7.0",
    until=2025,
    libraries=("lib/libclntsh.so.19.1", "lib/libserver19.a", "lib/libknlopt.a", "bin/oracle", "bin/tnslsnr"),
    opatch="12.2.0.1.46",
    old_opatch="12.2.0.1.42",
)
R112 = Release(
    number="11.2.0.4.0",
    folder="11.2.0",
    product="Oracle Database 11g",
    home_name="OraDb11g_home1",
    oui="11.2.0.4.0",
    until=2013,
    libraries=("lib/libclntsh.so.11.1", "lib/libserver11.a", "lib/libknlopt.a", "bin/oracle", "bin/tnslsnr"),
    opatch="11.2.0.3.21",
    old_opatch="11.2.0.3.4",
)
RELEASES = {release.number: release for release in (R19, R112)}

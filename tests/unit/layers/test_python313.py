"""Which Debian archive is used for Python 3.13, and that apt is left to check signatures. Nothing
is downloaded.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from layers.build.python313 import Mirror, apt_options, debian_mirror, ensure_python313


@pytest.fixture
def apt_dir(tmp_path: Path) -> Path:
    (tmp_path / "sources.list.d").mkdir()
    return tmp_path


@pytest.fixture
def keyring(tmp_path: Path) -> Path:
    path = tmp_path / "keyring.gpg"
    path.write_bytes(b"keys")
    return path


def test_the_mirror_is_the_first_debian_archive_of_the_stanzas(
    apt_dir: Path, keyring: Path
) -> None:
    (apt_dir / "sources.list.d/all.sources").write_text(
        f"Types: deb\nURIs: http://vendor.example/node\nSuites: any\nSigned-By: {keyring}\n\n"
        f"# the archive\nTypes: deb\nURIs: http://mirror.example/debian-security\n"
        f"Suites: x-security\nSigned-By: {keyring}\n\n"
        "Types: deb\nURIs: http://mirror.example/debian/\nSuites: x x-updates\nSigned-By: "
        f"{keyring}\n"
    )
    assert debian_mirror(apt_dir) == Mirror("http://mirror.example/debian/", keyring)


def test_the_one_line_format_is_read_with_its_keyring(apt_dir: Path, keyring: Path) -> None:
    (apt_dir / "sources.list").write_text(
        "# deb http://commented.example/debian x main\n"
        f"deb [arch=amd64 signed-by={keyring}] http://mirror.example/debian x main\n"
    )
    assert debian_mirror(apt_dir) == Mirror("http://mirror.example/debian", keyring)


def test_a_disabled_archive_and_one_without_its_keyring_are_passed_over(
    apt_dir: Path, keyring: Path
) -> None:
    (apt_dir / "sources.list.d/all.sources").write_text(
        f"Enabled: no\nURIs: http://off.example/debian\nSigned-By: {keyring}\n\n"
        f"URIs: http://unsigned.example/debian\nSigned-By: {keyring}.missing\n"
    )
    assert debian_mirror(apt_dir) is None


def test_another_distribution_has_no_debian_archive(apt_dir: Path) -> None:
    (apt_dir / "sources.list").write_text("deb http://archive.example/ubuntu noble main\n")
    assert debian_mirror(apt_dir) is None


def test_apt_refuses_what_is_not_signed(tmp_path: Path) -> None:
    options = apt_options(tmp_path)
    assert "APT::Get::AllowUnauthenticated=false" in options
    assert "Acquire::AllowInsecureRepositories=false" in options
    assert not [
        o
        for o in options
        if "trusted" in o.lower()
        or o.lower().endswith(("unauthenticated=true", "repositories=true"))
    ]


def test_a_machine_without_apt_and_without_python_3_13_gets_none_and_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    reasons: list[str] = []
    assert ensure_python313(tmp_path / "cache", reasons.append) is None
    assert reasons == [
        "no Python 3.13: none on the PATH, and this machine has no apt-get and no dpkg"
    ]


def test_a_python_3_13_on_the_path_that_does_not_start_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "python3.13"
    broken.write_text("#!/bin/sh\nexit 127\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert ensure_python313(tmp_path / "cache") is None

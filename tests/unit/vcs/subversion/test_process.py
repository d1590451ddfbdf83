"""Locale and environment of the process, for Subversion."""

from __future__ import annotations

from pathlib import Path

import pytest

from sdistmaker_recipe.vcs.subversion.process import SSH, batch_ssh, configuration_files, system_certificates


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", SSH),
        ("[tunnels]\n# ssh = plink\n\n[auth]\nssh = no\n", SSH),
        ("[tunnels]\nother = ssh\n", SSH),
        ("[auth]\n[tunnels]\nrsh = rsh\nssh = $SVN_SSH plink\n", None),
        ("[tunnels]\nssh: plink\n", None),
    ],
)
def test_ssh_is_only_chosen_for_who_chose_none(tmp_path: Path, text: str, wanted: str | None) -> None:
    (tmp_path / "config").write_text(text)
    files = [tmp_path / "missing", tmp_path / "config"]
    assert batch_ssh({}, files) == wanted
    assert batch_ssh({"SVN_SSH": "plink"}, files) is None


def test_ssh_asks_nothing() -> None:
    assert "-o BatchMode=yes" in SSH
    assert SSH.endswith(" --"), "a host that begins with a dash is no option"


def test_where_settings_are_looked_for() -> None:
    system = Path("/etc/subversion/config")
    assert configuration_files({}) == (system,)
    assert configuration_files({"HOME": "/home/reader"}) == (system, Path("/home/reader/.subversion/config"))


def test_certificates_are_those_of_pythons_openssl(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert system_certificates() == {"SSL_CERT_DIR": str(tmp_path)}

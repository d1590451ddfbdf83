"""Where build requirements come from: read pip's configuration, and pass it to uv, which does not read it."""

from __future__ import annotations

import configparser
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

_UV_VARIABLES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
}


def uv_variables(build_index: str, environment: Mapping[str, str], prefix: Path) -> dict[str, str]:
    """The environment for uv: the given one, with the index to install from.

    ``build_index`` is a URL or "", ``prefix`` that of the Python to which pip belongs. ``build_index`` is
    strongest, then uv's own variables in environment, then pip's configuration.
    """
    variables = dict(environment)
    if build_index:
        for name in ("UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS"):
            variables.pop(name, None)
        return {**variables, "UV_DEFAULT_INDEX": build_index}
    if any(name in environment for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX")):
        return variables
    settings = pip_settings(environment, prefix)
    for name, variable in _UV_VARIABLES.items():
        if name in settings and variable not in variables:
            separator = "," if variable == "UV_FIND_LINKS" else " "
            variables[variable] = separator.join(settings[name].split())
    if "UV_INDEX" in variables:
        # pip takes the best version of all indexes, uv by default the first index that has the name.
        variables.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
    return variables


def pip_settings(environment: Mapping[str, str], prefix: Path) -> dict[str, str]:
    """The settings that pip would read for ``pip install`` from its files and variables.

    From pip's documentation, "Configuration": the section of the command is stronger than ``[global]``, a
    later file than an earlier one, PIP_CONFIG_FILE than all other files, and environment variables than
    everything.
    """
    files = [_read_sections(path) for path in _configuration_files(environment, prefix)]
    settings = {
        name: value for section in ("global", "install") for file in files for name, value in file[section]
    }
    for name in _UV_VARIABLES:
        if value := environment.get(f"PIP_{name.replace('-', '_').upper()}"):
            settings[name] = value
    return {name: value for name, value in settings.items() if value}


def _configuration_files(environment: Mapping[str, str], prefix: Path) -> list[Path]:
    """The configuration files of pip, the weakest first; they need not exist."""
    chosen = environment.get("PIP_CONFIG_FILE", "")
    if chosen == os.devnull:
        return []
    folders = (environment.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":")
    files = [*(Path(folder) / "pip/pip.conf" for folder in folders if folder), Path("/etc/pip.conf")]
    home = environment.get("HOME")
    if home and not (chosen and os.access(chosen, os.F_OK)):
        configuration = environment.get("XDG_CONFIG_HOME") or f"{home}/.config"
        files += [Path(home) / ".pip/pip.conf", Path(configuration) / "pip/pip.conf"]
    files.append(prefix / "pip.conf")
    return [*files, Path(chosen)] if chosen else files


def _read_sections(path: Path) -> dict[str, list[tuple[str, str]]]:
    """The settings of the sections that count; empty for a broken file, of which pip itself complains."""
    parser = configparser.RawConfigParser()
    with suppress(OSError, UnicodeDecodeError, configparser.Error):
        parser.read_string(path.read_text("utf-8"))
    return {section: _section_items(parser, section) for section in ("global", "install")}


def _section_items(parser: configparser.RawConfigParser, section: str) -> list[tuple[str, str]]:
    items = parser.items(section) if parser.has_section(section) else []
    return [(name.replace("_", "-").removeprefix("--"), value) for name, value in items]

"""The zc.buildout recipe: takes the options of a part, writes its script, and runs the engine.

Two rules of buildout shape it. When an option changes, buildout deletes every path that ``install`` returned:
so only scripts are returned, never the index. When ``update`` raises an exception, buildout deletes the
script of the part: so the script is written first, a tag that fails is only logged, and a run that fails ends
buildout with ``SystemExit``.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import zc.buildout

from sdistmaker_recipe.configuration.declaration import Door
from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.configuration.parsing import Check, Layer, configure
from sdistmaker_recipe.doors import console, part_script
from sdistmaker_recipe.doors.part_script import DISTRIBUTION, PartScript
from sdistmaker_recipe.doors.printable import PrintableMessages
from sdistmaker_recipe.errors import SdistmakerError
from sdistmaker_recipe.flow import engine
from sdistmaker_recipe.flow.option_checks import option_checks
from sdistmaker_recipe.stages import report

_PARTS = "_sdistmaker_recipe_parts"
"""The attribute of a buildout in which the parts with this recipe note their options."""


class Recipe:
    """One part. Buildout calls ``install`` if the part is new or changed, and otherwise ``update``."""

    def __init__(self, buildout: Any, name: str, part: Any) -> None:  # noqa: ANN401  # buildout has no types
        self._buildout, self._name, self._part = buildout, name, part
        self._folder = Path(buildout["buildout"]["directory"])
        self._written = _written_options(part)
        self._logger = logging.getLogger(name)
        # An option may name what a plug-in serves, so plug-ins come first.
        self._eggs = part.get("eggs", "").split()
        if self._eggs:
            part_script.activate(buildout, name, part, self._eggs)
        self._configuration = self._configure()
        # Other parts can use these, for instance as ${sdists:destination}.
        part["destination"] = str(self._configuration.destination)
        part["apache-config"] = str(self._configuration.apache_config)
        self._check_other_parts()

    def _configure(self) -> Configuration:
        """The configuration; raises ``UserError`` with all that is wrong, or what cannot be looked at."""
        checks = (*option_checks(self._public_index(), self._folder), self._password_check())
        try:
            return configure([Layer(f"[{self._name}]", Door.PART, self._written)], self._folder, checks)
        except SdistmakerError as error:
            raise zc.buildout.UserError(str(error)) from error

    def _password_check(self) -> Check:
        """The check that the password is there, if buildout is going to read the repository."""
        check = console.password_check(os.environ)
        reads = self._is_online() and self._newest()
        return Check(
            (*check.options, "run"), lambda found: check.problems(found) if found.run and reads else ()
        )

    def install(self) -> list[str]:
        """Write the script and run the engine; the paths of the scripts."""
        scripts = self._write_script()
        if self._configuration.run:
            self._run()
        return scripts

    def update(self) -> list[str]:
        """Do the same as ``install``, but with ``-N`` (not newest) only write the script."""
        scripts = self._write_script()
        if self._configuration.run and self._newest():
            self._run()
        elif self._configuration.run:
            self._logger.info("Not newest: the repository is not read, and the index stays as it is.")
        return scripts

    def _write_script(self) -> list[str]:
        arguments = {
            "part": self._name,
            "options": self._written,
            "base": str(self._folder),
            "public_index": self._public_index(),
        }
        # A copy, because zc.recipe.egg adds options, which would end up in .installed.cfg.
        egg = {key: value for key, value in self._part.items() if key not in _EGG_CLASHES}
        egg["eggs"] = "\n".join((DISTRIBUTION, *self._eggs))
        egg["scripts"] = f"sdists_from_tags={self._configuration.script}"
        egg["arguments"] = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
        return [str(path) for path in PartScript(self._buildout, self._name, egg).install()]

    def _run(self) -> None:
        if not self._is_online():
            self._logger.info("Offline: the repository is not read, and the index stays as it is.")
            return
        with _log_of_part(self._name):
            self._run_engine()

    def _run_engine(self) -> None:
        try:
            context = replace(
                console.run_context(self._configuration, os.environ),
                public_index=self._public_index(),
                verbose=self._logger.isEnabledFor(logging.DEBUG),
            )
            with console.without_password(self._configuration, os.environ):
                result = engine.run(self._configuration, context, console.LineListener(self._logger.info))
        except SdistmakerError as error:
            self._logger.error("%s", error)
            raise SystemExit(error.exit_status) from error
        except KeyboardInterrupt:
            self._logger.error("interrupted")
            raise SystemExit(130) from None
        except Exception as error:
            # After any other exception buildout would delete the script.
            self._logger.exception(
                "An error in sdistmaker_recipe itself. Please report it with the lines below."
            )
            raise SystemExit(report.BROKEN) from error
        warnings = {line for line, _meaning in report.as_lines(result, quiet=True)}
        for text, _meaning in report.as_lines(result, verbose=context.verbose):
            level = logging.WARNING if text in warnings else logging.INFO
            for line in text.split("\n"):
                self._logger.log(level, "%s", line)
        if result.errors:
            raise SystemExit(report.BROKEN)

    def _is_online(self) -> bool:
        return bool(self._buildout["buildout"].get("offline") != "true")

    def _newest(self) -> bool:
        return bool(self._buildout["buildout"].get("newest") != "false")

    def _public_index(self) -> str:
        index: str = self._buildout["buildout"].get("index") or ""
        return index.rstrip("/")

    def _check_other_parts(self) -> None:
        """Raise ``UserError`` if another part has the same script or destination and would overwrite it.

        Buildout installs each part that it makes: those of its option ``parts``, and those that other parts
        refer to. So each one notes itself in the buildout.
        """
        parts: dict[str, Configuration] = vars(self._buildout).setdefault(_PARTS, {})
        for other, its in parts.items():
            if other != self._name:
                self._check_other_part(other, its)
        parts[self._name] = self._configuration

    def _check_other_part(self, other: str, its: Configuration) -> None:
        mine = self._configuration
        if its.script == mine.script:
            self._refuse(f"[{self._name}] and [{other}] have the same script.", "script", mine.script)
        if its.destination == mine.destination:
            message = f"[{self._name}] and [{other}] have the same destination."
            self._refuse(message, "destination", mine.destination)
        # Two different paths can lead to one place. Few buildouts have several parts.
        from sdistmaker_recipe.flow.destination import overlap

        if how := overlap(mine.destination, its.destination):
            message = (
                f"[{self._name}] destination = {mine.destination}: {how} of [{other}], {its.destination}."
            )
            self._refuse(message, "destination", "var/private")

    def _refuse(self, message: str, option: str, value: object) -> NoReturn:
        raise zc.buildout.UserError(
            f"{message} Change one of them, such as\n    {option} = {value}-{self._name}"
        )


@contextmanager
def _log_of_part(part: str) -> Iterator[None]:
    """Make what buildout's handlers show printable, and put the name of the part before our messages."""

    def name_part(record: logging.LogRecord) -> bool:
        if record.name.startswith(f"{DISTRIBUTION}."):
            record.name = part
        return True

    messages = PrintableMessages()
    handlers = logging.getLogger().handlers[:]
    for handler in handlers:
        handler.addFilter(messages)
        handler.addFilter(name_part)
    try:
        yield
    finally:
        for handler in handlers:
            handler.removeFilter(messages)
            handler.removeFilter(name_part)


# Options that buildout itself, or another recipe, may have put into a part.
_BUILDOUTS_OWN = frozenset({"recipe", "bin-directory", "develop-eggs-directory", "eggs-directory"})
_RECIPES_OWN = frozenset({"eggs"})
_EGG_CLASHES = frozenset(
    {"dependent-scripts", "entry-points", "interpreter", "initialization", "extra-paths"}
)


def _written_options(part: Mapping[str, str]) -> dict[str, str]:
    others = _BUILDOUTS_OWN | _RECIPES_OWN
    return {key: part[key] for key in part if key not in others and not key.startswith(("_", "<"))}

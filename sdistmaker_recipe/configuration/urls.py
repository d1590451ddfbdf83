"""URLs as users write them: which are accepted, which may hold a password, and which one was probably meant.

To tell what a path of this machine means, the folder there is looked at.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

from sdistmaker_recipe.configuration.local_repository import system_at, system_of_tag
from sdistmaker_recipe.plugins import installed_plugins, plugin_for_scheme

_SCHEMES = r"https?|svn(\+[a-z0-9_-]+)?|file|git|(git|hg)\+(https?|ssh|file)"
"""The schemes of repositories that built-in backends serve."""
_SCP = r"[\w.-]+@[\w.-]+:[^\s:@]+\.git/?(/tags/\S+)?|git@[\w.-]+:(?!//|\d+/)[^\s:@]+"
"""The form of scp, ``git@host:group/name.git``, by which git reaches a repository over ssh.

Without ``.git`` only the user git says that it is one of git's. A number before the first slash may be meant
as a port, which this form does not have.
"""
_WRITE_WHOLE_PATH = "; write a folder of this machine as file:// and its whole path, such as file:///srv/svn"


class SecretError(ValueError):
    """The value is wrong, and a message must not show it, because it may be a password."""


def repository_url(written: str) -> str:
    """The URL of a repository. The path of one on this machine becomes the URL that names its system.

    Only Subversion's repositories are named by file:// URLs of their own. Raises ``ValueError``, with a
    question that names the URL that was probably meant.
    """
    if re.search(r"\s[\w+.-]+://", written):
        wrong = "holds several URLs; write one a line, or repeat the flag"
        # A password may be in any of them, and may hold a space.
        raise SecretError(wrong) if "@" in written else ValueError(f"{written!r} {wrong}")
    if re.match(r"~?/(?!/)", written) and (url := _url_of_path(Path(written).expanduser())):
        return url
    if not re.fullmatch(_SCP, written):
        _check_repository(written)
    return written.rstrip("/")


def _url_of_path(path: Path) -> str:
    """The URL of a git or Mercurial repository, or of a tag in one; "" if there is none."""
    system = system_at(path) or system_of_tag(path)
    return f"{system}+{path.absolute().as_uri()}" if system else ""


def _check_repository(url: str) -> None:
    scheme, separator, rest = url.partition("://")
    served = ""
    if separator and not re.fullmatch(_SCHEMES, scheme, re.IGNORECASE):
        plugins = installed_plugins()
        if rest and plugin_for_scheme(plugins, scheme):
            return
        served = "".join(f"; the plug-in {name} serves {name}://" for name in plugins)
    check_url(url, _SCHEMES, f"{url!r} is not the URL of a repository{_did_you_mean(url) or served}")
    if not re.match(r"(\w+\+)?file://(localhost)?/|(?!(\w+\+)?file:)", url, re.IGNORECASE):
        # A file URL is for the disk of this machine only.
        raise ValueError(f"{url!r} names another machine{_did_you_mean(url)}")


def check_url(written: str, schemes: str, wrong: str) -> None:
    """Raise ``ValueError`` with the text ``wrong`` unless this is a URL of one of the schemes (a pattern).

    Raises ``SecretError`` if it holds a password.
    """
    if holds_password(written):
        raise SecretError("holds a password")
    if not re.match(rf"({schemes})://([^/]|(?<=file://)/)", written, re.IGNORECASE):
        raise ValueError(wrong)
    try:
        _ = urlsplit(written).port
    except ValueError:
        raise ValueError(wrong) from None


def holds_password(written: str) -> bool:
    """Whether a URL holds a password between ``:`` and ``@``, even if the URL is badly written."""
    _, separator, rest = written.partition("://")
    user, _, after = (rest if separator else written).partition("/")[0].partition(":")
    if user.startswith("["):
        return False
    # A password may hold a "/". Then the text in the place of the port is no number, and an "@" comes later.
    hidden = bool(separator and after) and "@" not in user and not after.isdecimal() and "@" in rest
    return "@" in after or hidden


def may_hold_password(written: str) -> bool:
    """Whether a message should not show this text, because something stands between ``:`` and ``@``."""
    return re.search(r":[^\s@]*@", written) is not None


def _did_you_mean(written: str) -> str:
    """A question with the URL that was probably meant, to end a message with; "" if none comes to mind."""
    match = re.fullmatch(r"(?:file:/*(?=/))?(?!//)([^:]+)", written)
    if match and (url := _url_of_path(Path(match[1]))):
        return f"; did you mean {url}?"
    return _similar_url(written)


def _similar_url(written: str) -> str:
    """The same question, by the text alone."""
    scheme, separator, rest = written.partition("://")
    meant = ""
    if written.startswith("//"):
        meant = f"https:{written}"
    elif written.startswith("/") or (scheme == "file" and rest):
        # file://srv/svn names a host; file:/srv/svn has no host at all.
        meant = f"file:///{(rest if separator else written).lstrip('/')}"
    elif match := re.fullmatch(r"file:(/[^/].*)", written):
        meant = f"file://{match[1]}"
    elif match := re.fullmatch(r"(https?|svn(?:\+ssh)?)(?::?/+|:)([\w.-]+\.[\w.-]+.*)", written):
        meant = f"{match[1]}://{match[2]}"
    elif similar := _similar_ssh_url(written):
        meant = similar
    elif "@" in written:
        pass
    elif written.startswith(("./", "../", "~")) or ("/" not in written and "." not in written):
        return _WRITE_WHOLE_PATH
    elif re.fullmatch(r"(localhost|[\w-]+(\.[\w-]+)+)(:\d+)?(/.*)?", written):
        meant = f"https://{written}"
    elif "://" not in written:
        return _WRITE_WHOLE_PATH
    return f"; did you mean {meant}?" if meant and meant != written else ""


def _similar_ssh_url(written: str) -> str:
    """The URL that was probably meant by a text in the form of scp, or two of them; "" for none."""
    if match := re.fullmatch(r"((git|hg)@[\w.-]+)(:/?|/)(?!/)([^:@]+)", written):
        # The path of hg+ssh begins in the home folder, unless there are two slashes.
        path = f"//{match[4]}" if (match[2], match[3]) == ("hg", ":/") else f"/{match[4]}"
        port_and_path = f":{match[4]}" if re.match(r"\d+/", match[4]) else path
        return f"{match[2]}+ssh://{match[1]}{port_and_path}"
    if match := re.fullmatch(r"((?!git@)[\w.-]+@[\w.-]+)(:/?|/)(.+)", written):
        meant = f"svn+ssh://{match[1]}/{match[3]}"
        return f"git+ssh://{match[1]}/{match[3]} or {meant}" if match[2] == ":" else meant
    match = re.fullmatch(r"([\w-]+(?:\.[\w-]+)+):(?!\d+(?:/|$))([^/\\:@].*)", written)
    return f"git+ssh://{match[1]}/{match[2]}" if match else ""

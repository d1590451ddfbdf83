"""A plugin of setuptools that decides whether the markers of a development version stay in the version.

Markers are the options tag_build, tag_date and tag_svn_revision of the command egg_info. They can stand in
setup.cfg, in pyproject.toml, in setup.py or on a command line that an alias makes; the command has them all
as attributes. They are dropped if the version without them is that of the tag. Otherwise they stay: a tag
1.0rc1 can have the version 1.0 and the marker rc1.

The build has the tag's version in SDISTMAKER_VERSION. The date and the revision of a marker are those in
SDISTMAKER_DATE and SDISTMAKER_REVISION, so that the same tag always gives the same version. Without the
first variable nothing is changed. Python 2.7 and any Python 3 run this.
"""

import io
import os
import re

MARKERS = ("tag_build", "tag_date", "tag_svn_revision")
TOML_SECTION = "tool.distutils.egg_info"
TOML_MARKER = re.compile(
    r"""["']?tag[-_](?:build|date|svn[-_]revision)["']?\s*=\s*(?:"[^"]*"|'[^']*'|[^\s,}]*)\s*(?:,\s*|(?=}))"""
)

# PEP 440, "Appendix B: Parsing version strings with regular expressions".
VERSION = re.compile(
    r"""
    \s* v? (?: ([0-9]+) ! )? ([0-9]+ (?: \. [0-9]+ )*)
    (?: [-_.]? (a|b|c|rc|alpha|beta|pre|preview) [-_.]? ([0-9]*) )?
    (?: - ([0-9]+) | [-_.]? (post|rev|r) [-_.]? ([0-9]*) )?
    (?: [-_.]? (dev) [-_.]? ([0-9]*) )?
    (?: \+ ([a-z0-9]+ (?: [-_.] [a-z0-9]+ )*) )? \s* $
    """,
    re.VERBOSE | re.IGNORECASE,
)
SPELLINGS = {"alpha": "a", "beta": "b", "c": "rc", "pre": "rc", "preview": "rc"}


def watch_version(distribution, keyword, value):
    """Have the command egg_info ask ``settle_markers`` before it reads its markers."""
    if not os.environ.get("SDISTMAKER_VERSION"):
        return
    from setuptools.command.egg_info import egg_info

    finalize, save = egg_info.finalize_options, egg_info.save_version_info
    if getattr(finalize, "settles_markers", False):
        return

    def finalize_options(command):
        settle_markers(command)
        finalize(command)

    def save_version_info(command, filename):
        remove_markers(filename, "egg_info")
        remove_markers(os.path.join(os.path.dirname(filename), "pyproject.toml"), TOML_SECTION)
        save(command, filename)

    add_revision_options(egg_info)
    finalize_options.settles_markers = True
    save_version_info.replaced = save
    egg_info.finalize_options, egg_info.save_version_info = finalize_options, save_version_info


def add_revision_options(egg_info):
    """Let the command take -r and -R, as aliases in setup.cfg give them: newer setuptools has neither."""
    if any(option[0].rstrip("=") == "tag-svn-revision" for option in egg_info.user_options):
        return
    options = list(egg_info.user_options)
    options.append(("tag-svn-revision", "r", "Add subversion revision ID to version number"))
    options.append(("no-svn-revision", "R", "Don't add subversion revision ID [default]"))
    egg_info.user_options = options
    booleans = list(egg_info.boolean_options)
    booleans.append("tag-svn-revision")
    egg_info.boolean_options = booleans
    egg_info.negative_opt = dict(egg_info.negative_opt, **{"no-svn-revision": "tag-svn-revision"})


def settle_markers(command):
    """Replace the markers of the command by the text that they add to the version, or by none."""
    distribution = command.distribution
    # A second command of this class finds the version with its markers.
    if not hasattr(distribution, "sdistmaker_markers"):
        is_of_tag = is_same_version(distribution.get_version(), os.environ["SDISTMAKER_VERSION"])
        distribution.sdistmaker_markers = "" if is_of_tag else text_of_markers(command)
    command.tag_build = distribution.sdistmaker_markers
    command.tag_date = command.tag_svn_revision = 0


def text_of_markers(command):
    """What the markers add to the version, in the order of setuptools: build, revision, date."""
    # Newer versions of setuptools know no tag_svn_revision, and forget its value.
    option = command.distribution.get_option_dict("egg_info").get("tag_svn_revision", ("", ""))[1]
    text = getattr(command, "tag_build", None) or ""
    if is_true(option) or is_true(getattr(command, "tag_svn_revision", 0)):
        text += "-r" + os.environ.get("SDISTMAKER_REVISION", "0")
    if is_true(getattr(command, "tag_date", 0)):
        text += "-" + os.environ.get("SDISTMAKER_DATE", "0")
    return text


def is_true(option):
    """Whether an option is on, as distutils reads it."""
    return str(option).strip().lower() in ("1", "true", "yes", "y", "on", "t")


def is_same_version(one, other):
    """Whether two versions are equal by PEP 440; two that it does not know are compared as text."""
    return version_key(one) == version_key(other)


def version_key(text):
    """A value that equal versions share (PEP 440, "Version scheme")."""
    text = str(text)
    match = VERSION.match(text)
    if not match:
        return text.strip().lower()
    epoch, release, pre, pre_number, implicit, post, post_number, dev, dev_number, local = match.groups()
    numbers = [int(number) for number in release.split(".")]
    while numbers and not numbers[-1]:
        numbers.pop()
    pre = (pre or "").lower()
    return (
        int(epoch or 0),
        numbers,
        (SPELLINGS.get(pre, pre), int(pre_number or 0)) if pre else None,
        int(implicit or post_number or 0) if implicit or post else None,
        int(dev_number or 0) if dev else None,
        re.split("[-_.]", local.lower()) if local else None,
    )


def remove_markers(path, section):
    """Remove the markers from a section of a file in the archive.

    setuptools writes into setup.cfg what is left of them: an installation does not add them again.
    """
    if not os.path.isfile(path) or os.path.islink(path):
        return
    with io.open(path, "rb") as file:
        lines = file.read().splitlines(True)  # noqa: FBT003  # Python 2 has no name for it
    without = config_without_markers if path.endswith(".cfg") else toml_without_markers
    kept_lines = list(without(lines, section))
    if kept_lines != lines:
        # It can be a hard link to the file of the tag.
        os.unlink(path)
        with io.open(path, "wb") as file:
            file.writelines(kept_lines)


def config_without_markers(lines, section):
    """The lines of setup.cfg without the markers in this section; an indented line continues the value."""
    current, is_marker = "", False
    for line in lines:
        is_marker = is_marker and line[:1] in (b" ", b"\t")
        text = line.decode("latin-1")
        header = re.match(r"\[([^]]*)\]", text)
        if header:
            current = normalised_key(header.group(1))
        key = normalised_key(re.split("[=:]", text, maxsplit=1)[0]).lower()
        is_marker = is_marker or (current == section and key in MARKERS)
        if not is_marker:
            yield line


def toml_without_markers(lines, section):
    """The lines of pyproject.toml without the markers in this section, also where braces hold its values."""
    current = ""
    for line in lines:
        text = line.decode("latin-1")
        header = re.match(r"\s*\[([^]]*)\]", text)
        if header:
            current = normalised_key(header.group(1))
        name, equals, value = text.partition("=")
        parent, _, key = ".".join([current, normalised_key(name)]).lstrip(".").rpartition(".")
        if parent == section and key in MARKERS:
            continue
        has_table = "{" in value and (section + ".").startswith(parent + "." + key + ".")
        without = re.sub(r",\s*}", "}", TOML_MARKER.sub("", value)) if has_table else value
        yield (name + equals + without).encode("latin-1")


def normalised_key(text):
    """A section or a key as one spelling of it: TOML allows quotes and spaces, setuptools hyphens."""
    return re.sub(r"[\s\"']", "", text).replace("-", "_")

"""Every option, declared once as a field of the frozen ``Configuration``. Pure.

From the one declaration come the part option ``tag-pattern``, the defaults-file constant ``TAG_PATTERN``, the
flag ``--tag-pattern``, the help text, and the entry on the reference page.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

from sdistmaker_recipe.configuration.declaration import Door, Group, Option, declare
from sdistmaker_recipe.configuration.option_types import (
    EXAMPLE,
    BuildRequirements,
    OtherName,
    Pin,
    ReleaseName,
    Subdirectory,
    Yank,
    backend,
    boolean,
    build_requirements,
    choice,
    count,
    file,
    folder,
    layouts,
    lines,
    link_template,
    optional_file,
    optional_folder,
    optional_repositories,
    other_names,
    pins,
    pythons,
    release_names,
    repositories,
    scheduler,
    script_name,
    seconds,
    subdirectories,
    submodules,
    tag_pattern,
    text,
    url,
    url_path,
    variable_name,
    yanks,
)

TAG_PATTERN = r"(?i:v|(?:release|PROJECT)[-_/@]v?)?(?P<version>\d.*)"
"""Matches the whole name of a tag that names a release; PROJECT stands for the project's name.

What stands in front is tried first, so a name that begins with a digit is not taken for a version.
"""

STANDARD_LAYOUT = "{project}/tags/{tag}"
"""Where tags are in the layout that the Subversion book recommends."""

_PART_ONLY = frozenset({Door.PART})
_GLOBS = "names or globs, one a line"


@dataclass(frozen=True, kw_only=True, slots=True)
class Configuration:
    """All options of a run, parsed; the declarations below are also their documentation."""

    # The repository

    repository: tuple[str, ...] = declare(
        Group.REPOSITORY,
        repositories,
        EXAMPLE,
        "The repositories with the release tags. example: is the repository that comes with this package.",
        "example:, or URLs without a password, one a line. Subversion: http, https, svn, svn+ssh, file. git: "
        "git+https, git+http, git+ssh, git+file, git, git@HOST:PATH. Mercurial: hg+https, hg+http, "
        "hg+ssh, hg+file. For these two: the URL of one repository or of a folder of them. Schemes of "
        "plug-ins",
        alias="BASE",
    )
    repository_on_server: tuple[str, ...] = declare(
        Group.REPOSITORY,
        optional_repositories,
        "",
        "Faster URLs of the same repositories, such as file:// on the machine of the repository. If one does "
        "not work, a warning says so, and the URL in repository is read.",
        "URLs, one a line, in the order of repository",
        alias="BASE_ON_SERVER",
    )
    submodules: tuple[str, ...] = declare(
        Group.REPOSITORY,
        submodules,
        "same-host",
        "Which submodules of git, and subrepositories of Mercurial, belong to the files of a tag. same-host: "
        "those that are on the host of the repository. A glob for host names: those on such hosts too. none: "
        "no submodule; their folders are empty, as after git clone. A tag with another submodule fails. The "
        "file .lfsconfig of a tag may name a server of Git LFS on these hosts and on the repository's own.",
        "same-host, globs for host names, one a line, or none",
    )

    # How the repository is reached

    vcs: str = declare(
        Group.ACCESS,
        backend("auto", "subversion", "subversion-cli", "git", "mercurial"),
        "auto",
        "What reads the repository. subversion: the library libsvn. subversion-cli: the program svn. git and "
        "mercurial: the programs git and hg, whatever the URL begins with. auto: git, hg or a plug-in for "
        "its own URLs; for others libsvn, or svn if subvertpy, the Python binding of libsvn, is not "
        "installed. A plug-in: that one, for every URL.",
        "auto, subversion, subversion-cli, git, mercurial or the name of a plug-in",
    )
    connections: int = declare(
        Group.ACCESS,
        count,
        "0",
        "The highest number of connections to one repository at the same time. 0 means 8 over a network and "
        "1 for repositories on this machine. If the server allows fewer, the run goes on with those.",
        "a whole number",
    )
    username: str = declare(
        Group.ACCESS,
        text,
        "",
        "The user name for the repository. Without it, the credentials that Subversion, git or "
        "Mercurial has stored are used.",
        "a name",
    )
    password_variable: str = declare(
        Group.ACCESS,
        variable_name,
        "",
        "The environment variable that holds the password for the repository. The password itself is never "
        "an option, because buildout writes options to disk.",
        "the name of an environment variable",
    )
    externals: str = declare(
        Group.ACCESS,
        choice("same-repository", "same-host", "all", "none"),
        "same-host",
        "Which svn:externals to follow: to the tag's repository, to its server too, to any server, or none. "
        "Those with file: only from a file: repository. A tag with others fails.",
        "same-repository, same-host, all or none",
    )

    # Where projects are

    layout: tuple[str, ...] = declare(
        Group.PROJECTS,
        layouts,
        STANDARD_LAYOUT,
        "Where the tags are in a Subversion repository. {project} stands for the folder of a project, {tag} "
        "for that of a tag, and * for a folder of any name. docs/how-to/repository-layouts.rst has a picture "
        "of each layout.",
        "paths of folders below the repository's URL, one a line, each with {tag} once and {project} at most "
        "once",
    )
    include: tuple[str, ...] = declare(
        Group.PROJECTS,
        lines,
        "",
        "Build only the projects whose path below the repository's URL matches one of these globs. A glob "
        "that begins with the URL of a repository, such as https://svn.example.com/svn/acme.*, is for that "
        "one only.",
        "globs, one a line",
    )
    exclude: tuple[str, ...] = declare(
        Group.PROJECTS,
        lines,
        "",
        "Do not build the projects whose path below the repository's URL matches one of these globs. "
        "exclude wins over include. A glob that begins with the URL of a repository is for that one only.",
        "globs, one a line",
    )
    ignore: tuple[str, ...] = declare(
        Group.PROJECTS,
        lines,
        ".svn\n.attic",
        "Do not look into folders with one of these names, at any depth.",
        _GLOBS,
        alias="BLACKLIST",
    )
    stop_indicators: tuple[str, ...] = declare(
        Group.PROJECTS,
        lines,
        "",
        "Do not look into a folder that holds a file or folder with one of these names. Such a folder is "
        "no project, and there are no projects below it.",
        _GLOBS,
        alias="STOP_INDICATORS",
    )

    # Which tags become releases

    tag_pattern: str = declare(
        Group.TAGS,
        tag_pattern,
        TAG_PATTERN,
        "A tag is a release if its whole name matches this pattern. The group named version is the version. "
        "PROJECT stands for the project's name, in which -, _ and . are alike.",
        "a regular expression with a group (?P<version>...)",
    )
    subdirectory: tuple[Subdirectory, ...] = declare(
        Group.TAGS,
        subdirectories,
        "",
        "The folders of a repository that are projects, for repositories with several. In Subversion they"
        " are folders of trunk and of each tag. With a prefix, the tags of a project are those that begin"
        " with it. Without, they are those that begin with the folder's name, such as api-v1.2 and "
        "api/1.2, and those without any name, such as 1.2. A folder counts if it has a setup.py, "
        "setup.cfg or pyproject.toml in the tag. The line . is for the top folder. No other folders are "
        "projects then.",
        "globs for folders, optionally with a prefix, such as packages/* or packages/api = api-v, one a line",
    )
    prereleases: bool = declare(
        Group.TAGS,
        boolean,
        "true",
        "Build tags of alpha, beta, candidate and dev versions too.",
        "true or false",
    )
    newest: int = declare(
        Group.TAGS,
        count,
        "0",
        "Build only this many of the newest versions of each project. 0 builds all versions. Published "
        "releases stay.",
        "a whole number",
    )

    # Withdrawn releases

    deleted_tags: str = declare(
        Group.WITHDRAWALS,
        choice("yank", "keep", "remove"),
        "yank",
        "What happens to a release when its tag is deleted. yank: the release is marked as withdrawn (PEP "
        "592) until the tag is back. Its file stays, and installers take it only if exactly this version is "
        "asked for. keep: the release stays as it is. remove: its file is deleted.",
        "yank, keep or remove",
    )
    moved_tags: str = declare(
        Group.WITHDRAWALS,
        choice("keep", "replace-unpublished"),
        "keep",
        "What happens to a published release when its tag has a new revision. keep: the file stays, and a "
        "warning says so. replace-unpublished: the same, with one exception. If deleted-tags has withdrawn "
        "the release and the tag is then made again, the tag is built and the file replaced.",
        "keep or replace-unpublished",
    )
    yank: tuple[Yank, ...] = declare(
        Group.WITHDRAWALS,
        yanks,
        "",
        "Releases to mark as withdrawn (PEP 592), even if their tags exist. The file stays, and installers "
        "take it only if exactly this version is asked for. They show the reason, which is optional.",
        "PROJECT==VERSION REASON, such as acme-ledger==1.2 Loses data, one a line",
    )
    hand_over: tuple[ReleaseName, ...] = declare(
        Group.WITHDRAWALS,
        release_names,
        "",
        "Releases that were published from a tag with another name, such as 2.0 from the tag 2.0b1, and that "
        "the tag of that version shall get. It is built, and its file replaces the published one. Installers "
        "that pin the hash of the old file refuse the new one.",
        "PROJECT==VERSION, such as acme-ledger==2.0, one a line",
    )

    # The index

    destination: Path = declare(
        Group.INDEX,
        folder,
        "var/private",
        "The folder of the index. DESTINATION-apache.conf and DESTINATION-state are written beside it. A new "
        "index is refused in a folder of the system, a home, another index, or a folder with other files.",
        "the path of a folder",
        alias="OUTDIR",
    )
    use_existing_folder: bool = declare(
        Group.INDEX,
        boolean,
        "false",
        "Make a new index in a folder that holds files but no source distributions, in a working copy, or "
        "in a document root. The files stay, but pages of the index replace files with their names.",
        "true or false",
    )
    reserved: tuple[str, ...] = declare(
        Group.INDEX,
        lines,
        "",
        "Project names that are never redirected to the public index, in addition to the names that this "
        "index has or ever had.",
        _GLOBS,
    )
    other_names: tuple[OtherName, ...] = declare(
        Group.INDEX,
        other_names,
        "",
        "Projects that may publish under a name that belongs to another folder. A name belongs to the folder "
        "that first published it, or whose own name it is. Each line holds a glob for the project's name, or "
        "for its path below the repository's URL, and a glob for names in metadata.",
        "PROJECT-GLOB NAME-GLOB, such as payroll-legacy payroll, one a line",
    )
    check_public: bool = declare(
        Group.INDEX,
        boolean,
        "false",
        "Ask the public index once a day whether it has a project with one of your names. If so, the report "
        "and the project's page warn of it. The public index learns your names by this.",
        "true or false",
    )

    # Pages for people

    index_url: str = declare(
        Group.PAGES,
        url,
        "",
        "The URL of the index as clients know it. It is shown in the lines to copy on pages, and in the "
        "Atom feed.",
        "a URL",
    )
    browse_url: str = declare(
        Group.PAGES,
        link_template,
        "",
        "The URL where people can browse the repository. Pages link each tag to it. {path} is replaced by "
        "the tag's path from the root of the repository, and {revision} by its revision. Without {path}, "
        "the path is added at the end.",
        "a URL, for instance https://svn.example.com/viewvc/{path}?pathrev={revision}",
    )
    site_title: str = declare(
        Group.PAGES,
        text,
        "Python packages",
        "The title of the index, on every page and of the Atom feed.",
        "a text of one line",
    )
    site_logo: Path | None = declare(
        Group.PAGES,
        optional_file,
        "",
        "A picture that every page shows beside the title. It is copied into the index as logo.png, "
        "logo.svg, logo.jpg or logo.webp. Its format is known by its content.",
        "the path of a PNG, SVG, JPEG or WebP file of at most 256 kB",
    )

    # The web server

    url_path: str = declare(
        Group.WEB_SERVER,
        url_path,
        "/",
        "The path in the URL of the index, below the host name.",
        "/ or a path such as /simple/",
    )
    public: str = declare(
        Group.WEB_SERVER,
        choice("redirect", "proxy", "none"),
        "redirect",
        "What the web server answers for a name that is not yours. redirect: a redirect to public-index. "
        "proxy: the page of public-index, which the web server fetches. none: 404.",
        "redirect, proxy or none",
    )
    public_index: str = declare(
        Group.WEB_SERVER,
        url,
        "",
        "The public index for names that are not yours. The default is the option index of the buildout, "
        "or else the default index of zc.buildout.",
        "the URL of a simple index",
    )
    public_certificates: Path = declare(
        Group.WEB_SERVER,
        file,
        "/etc/ssl/certs/ca-certificates.crt",
        "With public = proxy: the certificate authorities that the web server trusts for the public index.",
        "the path of a file",
    )
    auth_file: Path | None = declare(
        Group.WEB_SERVER,
        optional_file,
        "",
        "A file of user names and passwords, written by the program htpasswd. The web server answers only "
        "these users.",
        "the path of a file",
    )
    require: tuple[str, ...] = declare(
        Group.WEB_SERVER,
        lines,
        "",
        "The clients that the web server answers. With auth-file they also need a password. nginx knows only "
        "ip and local.",
        "ip ADDRESSES-OR-NETWORKS, host NAMES, user NAMES or local, one a line",
    )
    nginx_config: Path | None = declare(
        Group.WEB_SERVER,
        optional_file,
        "",
        "Write a configuration for nginx too, to this file.",
        "the path of a file",
    )

    # What builds a tag

    python: str = declare(
        Group.TOOLCHAINS,
        text,
        "",
        "The Python that is tried first. The default is the Python that runs this program.",
        "the path of an interpreter, or a version that uv finds",
    )
    pythons: tuple[str, ...] = declare(
        Group.TOOLCHAINS,
        pythons,
        "",
        "The other Pythons, tried in this order if the first one cannot build a tag. The default is every "
        "Python that is found on PATH, by uv and in pyenv's folder: the newest first, Python 2 last.",
        "paths of interpreters, or versions such as 2.7, one a line",
    )
    toolchain: tuple[Pin, ...] = declare(
        Group.TOOLCHAINS,
        pins,
        "",
        "Projects that are built with one given toolchain. Each line holds a glob for the project's name, a "
        "Python, and constraints on the packages that are installed for the build.",
        "PROJECT-GLOB PYTHON CONSTRAINTS, such as acme-* 3.9 setuptools<58, one a line",
    )
    unbuildable: str = declare(
        Group.TOOLCHAINS,
        choice("report", "archive"),
        "report",
        "What happens to a tag that no toolchain can build. report: it is reported as failed. archive: an "
        "archive of its files is published, with a warning. Its PKG-INFO says what is known without running "
        "code of the tag.",
        "report or archive",
    )

    # What a build gets and may do

    build_requires: tuple[BuildRequirements, ...] = declare(
        Group.BUILDS,
        build_requirements,
        "",
        "Requirements that are installed to build a project although its tags do not declare them. Each line "
        "holds a glob for the project's name, and requirements. All lines that match a project count.",
        "PROJECT-GLOB REQUIREMENTS, such as acme-* numpy<2 Cython<3, one a line",
    )
    build_index: str = declare(
        Group.BUILDS,
        url,
        "",
        "The index that build requirements are installed from. The default is the index in pip's "
        "configuration.",
        "the URL of a simple index",
    )
    environments: Path | None = declare(
        Group.BUILDS,
        optional_folder,
        "",
        "The folder that keeps build environments between runs. The default is in the user's cache folder.",
        "the path of a folder",
    )

    sandbox: str = declare(
        Group.BUILDS,
        choice("auto", "bubblewrap", "none"),
        "auto",
        "What isolates builds from the machine. bubblewrap: a build can read the system and write to one "
        "folder of its own. It has no network, no home folder and no environment variables of yours. none: "
        "no isolation. auto: bubblewrap if it works here, or else none, with a warning.",
        "auto, bubblewrap or none",
    )
    timeout: float = declare(
        Group.BUILDS,
        seconds,
        "300",
        "The time limit for one tag, for all toolchains together. The time to install build environments "
        "does not count.",
        "seconds, more than 0",
    )

    # What is published of a tag

    include_versioned_files: str = declare(
        Group.ARCHIVES,
        choice("auto", "always", "never"),
        "auto",
        "Put every file of the tag into the archive, except those that MANIFEST.in excludes. This is for "
        "builds with setuptools. auto: for a tag without MANIFEST.in, for a tag made before 2015, when "
        "setuptools did this by itself, and for a tag whose version comes from the repository.",
        "auto, always or never",
    )
    verify_builds: str = declare(
        Group.ARCHIVES,
        choice("auto", "always", "never"),
        "auto",
        "Unpack each archive and build it once more, to check that its name and version stay the same. auto: "
        "if the archive lacks files of the tag, if the version comes from the repository, if setup.py may "
        "add a marker to it, or if neither the tag's name nor a file of the tag states the version.",
        "auto, always or never",
    )
    version_mismatch: str = declare(
        Group.ARCHIVES,
        choice("publish", "publish-final", "refuse"),
        "publish",
        "What happens to a tag that builds another version than its name says. publish: the built version is "
        "published, with a warning, but a tag whose name says pre-release publishes no final version: it "
        "fails. publish-final: such a tag too is published. refuse: the tag fails.",
        "publish, publish-final or refuse",
    )
    wheels: str = declare(
        Group.ARCHIVES,
        choice("pure", "none"),
        "pure",
        "What is published beside each source distribution. pure: a wheel, built from it by the same "
        "toolchain, so that clients build nothing. A release whose wheel would not install the same "
        "everywhere gets none, as one with compiled parts. none: nothing.",
        "pure or none",
    )

    # The run

    jobs: int = declare(
        Group.RUN,
        count,
        "0",
        "The number of tags that are built at the same time. 0 means the number of processor cores. With "
        "executor = dask each worker builds as many tags as it has threads.",
        "a whole number",
    )
    executor: str = declare(
        Group.RUN,
        choice("local", "dask"),
        "local",
        "Where tags are built. local: in processes on this machine. dask: on the workers of the Dask cluster "
        "that the option scheduler names. docs/how-to/build-on-a-cluster.rst says how to set one up.",
        "local or dask",
    )
    scheduler: str = declare(
        Group.RUN,
        scheduler,
        "",
        "With executor = dask: the address of the scheduler. For tls, Dask's own configuration names the "
        "certificates.",
        "tcp://HOST:PORT or tls://HOST:PORT",
    )
    wait: int = declare(
        Group.RUN,
        count,
        "0",
        "How long to wait if another run works on the same destination.",
        "whole seconds",
    )
    script: str = declare(
        Group.RUN,
        script_name,
        "sdists_from_tags",
        "The name of the script in buildout's bin folder.",
        "a file name",
        doors=_PART_ONLY,
    )
    run: bool = declare(
        Group.RUN,
        boolean,
        "true",
        "Build and publish when buildout runs. false: buildout only writes the script.",
        "true or false",
        doors=_PART_ONLY,
    )

    @property
    def state(self) -> Path:
        """The folder beside the index for what must not be served: catalog, lock, logs."""
        return self.destination.with_name(f"{self.destination.name}-state")

    @property
    def apache_config(self) -> Path:
        """The file beside the index to be included in a virtual host."""
        return self.destination.with_name(f"{self.destination.name}-apache.conf")


def options(door: Door | None = None) -> tuple[Option, ...]:
    """Every option, or the options that a door accepts, in the order of their declaration."""
    every = tuple(
        Option(name=field.name.replace("_", "-"), **field.metadata) for field in fields(Configuration)
    )
    return tuple(option for option in every if door is None or door in option.doors)


def grouped_options(door: Door | None = None) -> dict[Group, list[Option]]:
    """The options of a door by group, in the order of their declaration."""
    groups: dict[Group, list[Option]] = {}
    for option in options(door):
        groups.setdefault(option.group, []).append(option)
    return groups

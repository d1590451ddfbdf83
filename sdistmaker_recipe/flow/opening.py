"""What one run has open: the lock, the catalog, the index and the repositories."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

from filelock import AcquireReturnProxy, BaseFileLock, FileLock, Timeout

from sdistmaker_recipe import __version__
from sdistmaker_recipe.catalog import Catalog, open_catalog
from sdistmaker_recipe.catalog.scan_state import ScanState
from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.errors import CatalogDamagedError, LockHeldError, SdistmakerError, StoreError
from sdistmaker_recipe.flow.context import Listener, RunContext
from sdistmaker_recipe.flow.scratch import remove_leftovers
from sdistmaker_recipe.index.atomic_files import disk_errors
from sdistmaker_recipe.index.description_renderer import DescriptionRenderer
from sdistmaker_recipe.index.store import IndexStore
from sdistmaker_recipe.model import Site
from sdistmaker_recipe.stages.pages import PageWriter
from sdistmaker_recipe.stages.plan import options_digest
from sdistmaker_recipe.stages.publish import server_configurations
from sdistmaker_recipe.stages.scan import Source, open_sources

_DATABASE_FILES = ("", "-journal", "-wal", "-shm")
"""What SQLite adds to the name of a database for the files beside it."""
_CATALOG = "catalog.sqlite3"
_CATALOG_FILES = tuple(f"{_CATALOG}{suffix}" for suffix in _DATABASE_FILES)


@dataclass(frozen=True, slots=True)
class Run:
    """What is the same for the whole run.

    ``options_digest`` is that of ``stages.plan``. ``server_configurations`` are the texts for web servers, by
    the path of the file. ``sources`` are the repositories that opened, ``source_warnings`` and
    ``source_errors`` what is to be reported of the others.
    """

    configuration: Configuration
    context: RunContext
    listener: Listener
    catalog: Catalog
    scan_state: ScanState
    store: IndexStore
    writer: PageWriter
    options_digest: str
    public_index: str
    server_configurations: Mapping[Path, str]
    sources: Sequence[Source]
    source_warnings: tuple[str, ...]
    source_errors: tuple[str, ...]


@contextmanager
def locked(configuration: Configuration, context: RunContext) -> Iterator[bool]:
    """Hold the lock of the index; whether the run before was killed, or ended with the machine.

    If a first run ends with an error before anything is in the index, the folders that were made for it are
    removed. A dry run changes nothing and needs no lock. Raises ``LockHeldError`` and ``StoreError``.
    """
    running = configuration.state / "running"
    if context.dry_run:
        yield running.exists()
        return
    missing = [
        folder for folder in (configuration.state, *configuration.state.parents) if not folder.exists()
    ]
    try:
        lock = _acquire_lock(configuration)
        _hide_logs(configuration.state / "logs")
    except Timeout as error:
        message = f"Another run works on {configuration.destination}."
        raise LockHeldError(message, "Try again later, or wait for it with --wait SECONDS.") from error
    except OSError as error:
        _remove_folders(missing)
        raise StoreError.of(error, configuration.state) from error
    with lock:
        try:
            with disk_errors(running):
                is_after_crash = running.exists()
                running.touch()
            yield is_after_crash
        except BaseException:
            if missing:
                _remove_first_run(configuration, missing)
            raise
        finally:
            with suppress(OSError):
                running.unlink()


def _acquire_lock(configuration: Configuration) -> AcquireReturnProxy[BaseFileLock]:
    path = configuration.state / "lock"
    while True:
        configuration.state.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path).acquire(timeout=configuration.wait)
        # A first run that failed may have removed the file while this run waited for it.
        if path.exists():
            return lock
        lock.lock.release()


def _remove_first_run(configuration: Configuration, folders: Sequence[Path]) -> None:
    """Remove what a run made that failed before it had anything to keep; ``folders`` were not there before.

    The log of a failed tag, an archive or a page is kept, and with it all the rest.
    """
    names = ("lock", "running", *_CATALOG_FILES)
    own = [configuration.state / name for name in names]
    made = [configuration.state, configuration.destination]
    with suppress(OSError):
        kept = [path for folder in made if folder.is_dir() for path in folder.iterdir() if path not in own]
        if not kept:
            for path in own:
                path.unlink(missing_ok=True)
            _remove_folders([configuration.destination, *folders])


def _remove_folders(folders: Iterable[Path]) -> None:
    """Remove those of the folders that are empty, in this order."""
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()


def _hide_logs(folder: Path) -> None:
    """Close the folder of logs to other accounts. Builds may print secrets, and older logs are 0644."""
    with suppress(OSError):
        if folder.stat().st_mode & 0o077:
            folder.chmod(0o700)


@contextmanager
def open_run(
    configuration: Configuration,
    context: RunContext,
    listener: Listener,
    *,
    new_catalog: bool = False,
    check_catalog: bool = False,
) -> Iterator[Run]:
    """Open what a run needs, and close it at the end; for ``new_catalog`` see ``open_run_catalog``.

    The catalog is checked at once with ``check_catalog``, and if an error shows that nobody expected: then a
    damaged catalog is the likeliest cause. The texts for web servers are made here, so that a wrong option is
    reported before any work is done.
    Raises ``SdistmakerError``.
    """
    with ExitStack() as stack:
        if not context.dry_run:
            remove_leftovers(configuration.state)
        catalog = stack.enter_context(open_run_catalog(configuration, context, new_catalog=new_catalog))
        if check_catalog:
            catalog.check()
        stack.enter_context(_suspecting(catalog))
        store = IndexStore(configuration.destination, configuration.state / "aside")
        store.check_destination()
        renderer = stack.enter_context(DescriptionRenderer())
        site = read_site(configuration)
        public_index = public_index_url(configuration, context.public_index)
        server = server_configurations(configuration, public_index)
        sources, warnings, errors = _open_sources(configuration, context, stack)
        yield Run(
            configuration=configuration,
            context=context,
            listener=listener,
            catalog=catalog,
            scan_state=ScanState(catalog),
            store=store,
            writer=PageWriter(store, catalog, site, configuration.check_public, render=renderer.render),
            options_digest=options_digest(configuration, __version__),
            public_index=public_index,
            server_configurations=server,
            sources=sources,
            source_warnings=warnings,
            source_errors=errors,
        )


def read_site(configuration: Configuration) -> Site:
    """What all pages share; raises ``ConfigurationError``."""
    logo = None
    if configuration.site_logo is not None:
        # Most indexes have no logo.
        from sdistmaker_recipe.index.site_logo import read_logo

        logo = read_logo(configuration.site_logo)
    return Site(
        title=configuration.site_title or Site().title,
        base_url=configuration.index_url,
        browse_url=configuration.browse_url,
        logo=logo,
    )


@contextmanager
def _suspecting(catalog: Catalog) -> Iterator[None]:
    """Raise ``CatalogDamagedError`` in place of an error of the program, if the catalog is damaged."""
    try:
        yield
    except SdistmakerError:
        raise
    except Exception:
        catalog.check()
        raise


def catalog_path(configuration: Configuration) -> Path:
    """The path of the catalog's file."""
    return configuration.state / _CATALOG


def has_catalog(configuration: Configuration) -> bool:
    """Whether the file of the catalog is there; raises ``StoreError`` if this account may not look for it."""
    try:
        # Path.exists hides from Python 3.14 on that it may not look.
        catalog_path(configuration).stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        # The error names the file, but what the account may not use is its folder.
        refused = OSError(error.errno, error.strerror)
        raise StoreError.of(refused, configuration.state) from error
    return True


def open_run_catalog(
    configuration: Configuration, context: RunContext, *, new_catalog: bool = False
) -> AbstractContextManager[Catalog]:
    """The catalog, which is made if it is not there. A dry run gets a copy in memory.

    With ``new_catalog`` the file that is there was found to be damaged, so a dry run starts from an empty
    catalog. Raises ``StoreError``.
    """
    path = catalog_path(configuration)
    if not context.dry_run:
        return open_catalog(path)
    return open_catalog(None if new_catalog or not has_catalog(configuration) else path, as_copy=True)


def quarantine_catalog(configuration: Configuration, context: RunContext, error: CatalogDamagedError) -> str:
    """Move a damaged catalog out of the way; the warning that says so. Raises ``StoreError``."""
    path = catalog_path(configuration)
    if context.dry_run:
        return f"{error.message}; a run would move it aside and make a new one from the index"
    damaged = path.with_name(f"catalog-{datetime.now(timezone.utc):%Y%m%dT%H%M%S%fZ}-damaged.sqlite3")
    for suffix in _DATABASE_FILES:
        # SQLite would take a journal that stays behind for the journal of the new catalog.
        file = path.with_name(f"{path.name}{suffix}")
        try:
            file.rename(f"{damaged}{suffix}")
        except FileNotFoundError:
            continue
        except OSError as failed:
            raise StoreError.of(failed, file) from failed
    return f"{error.message}; it is moved to {damaged}, and a new one is made from the index"


def _open_sources(
    configuration: Configuration, context: RunContext, stack: ExitStack
) -> tuple[list[Source], tuple[str, ...], tuple[str, ...]]:
    # A dry run leaves nothing behind, not even the example repository.
    state = Path(stack.enter_context(TemporaryDirectory())) if context.dry_run else configuration.state
    return open_sources(configuration, context.credentials, state, stack)


def public_index_url(configuration: Configuration, public_index: str) -> str:
    """The URL of the public index: the option, the value that the door gave, or buildout's constant."""
    if chosen := configuration.public_index or public_index:
        return chosen
    # The import of buildout is slow, and most runs do not need it.
    from sdistmaker_recipe.webserver.public_index import default_public_index

    return default_public_index()

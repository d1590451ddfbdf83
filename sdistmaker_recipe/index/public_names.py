"""Ask the public index whether it has projects of our names: the only part that speaks to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from sdistmaker_recipe.errors import SdistmakerError

_ACCEPT = "application/vnd.pypi.simple.v1+json, text/html; q=0.5"
_AT_ONCE = 8


class PublicIndexError(SdistmakerError):
    """The public index gave no answer that says anything."""


def taken_names(
    names: Iterable[str], public_index: str, seconds: float = 10.0
) -> Iterator[tuple[str, bool | str]]:
    """Each normalised name with whether the public index has a project of it, or why that is not known.

    A page for the project is there (PEP 503), or answered 404; another answer is told in a few words.
    ``public_index`` is the URL of the simple index, ``seconds`` how long one answer may take. Raises
    ``PublicIndexError`` where none comes, or one that says the same of every name (429 and 5xx).
    """
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        try:
            wanted = [(name, pool.submit(_is_there, f"{public_index}/{name}/", seconds)) for name in names]
            for name, answer in wanted:
                yield name, answer.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _is_there(url: str, seconds: float) -> bool | str:
    # Only a run that asks pays for these imports.
    from http import HTTPStatus
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    request = Request(url, headers={"Accept": _ACCEPT, "User-Agent": "sdistmaker_recipe"})
    try:
        with urlopen(request, timeout=seconds):  # the option lets through http and https only
            return True
    except HTTPError as error:
        with error:
            if error.code in (404, 410):
                return False
            if error.code == HTTPStatus.TOO_MANY_REQUESTS or error.code >= HTTPStatus.INTERNAL_SERVER_ERROR:
                raise _no_answer(url, f"answers {error.code}") from error
            return f"{urlsplit(url).hostname}: answers {error.code}"
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise _no_answer(url, str(getattr(reason, "strerror", None) or reason)) from error


def _no_answer(url: str, what: str) -> PublicIndexError:
    return PublicIndexError(f"{urlsplit(url).hostname}: {what}")

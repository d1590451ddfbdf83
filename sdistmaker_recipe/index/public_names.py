"""Ask the public index whether it has projects of our names. Nothing else connects to the public index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from sdistmaker_recipe.errors import SdistmakerError

_ACCEPT = "application/vnd.pypi.simple.v1+json, text/html; q=0.5"
_CONNECTIONS = 8


class PublicIndexError(SdistmakerError):
    """The public index did not answer, or gave an answer that says nothing about a name."""


def look_up_projects(
    names: Iterable[str], public_index: str, timeout: float = 10.0
) -> Iterator[tuple[str, bool | str]]:
    """Each normalised name with true if the public index has a project of it, and false if it has none (404).

    For any other answer it is a text, such as "pypi.org: answers 403". ``public_index`` is the URL of the
    simple index (PEP 503), ``timeout`` is in seconds for one answer. Raises ``PublicIndexError`` if there is
    no answer, or one that concerns every name (429 and 5xx).
    """
    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        try:
            answers = [(name, pool.submit(_has_page, f"{public_index}/{name}/", timeout)) for name in names]
            for name, answer in answers:
                yield name, answer.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _has_page(url: str, timeout: float) -> bool | str:
    # Imported here, because few runs ask the public index.
    from http import HTTPStatus
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    request = Request(url, headers={"Accept": _ACCEPT, "User-Agent": "sdistmaker_recipe"})
    try:
        with urlopen(request, timeout=timeout):  # the option accepts http and https only
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


def _no_answer(url: str, reason: str) -> PublicIndexError:
    return PublicIndexError(f"{urlsplit(url).hostname}: {reason}")

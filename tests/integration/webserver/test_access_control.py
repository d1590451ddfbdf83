"""Passwords and addresses that the index itself asks for."""

from __future__ import annotations

import pytest

from tests.support.webserver.client import BROWSER, Site
from tests.support.webserver.servers import (
    KNOWN,
)
from tests.support.webserver.small_index import PATHS_OF_EACH_KIND


class TestGuarded:
    def statuses(self, site: Site, **headers: str) -> list[int]:
        return [site.get(path, BROWSER, **headers).status for path in PATHS_OF_EACH_KIND]

    def test_the_password_is_asked_for_before_anything_else(self, guarded):
        for path in PATHS_OF_EACH_KIND:
            answer = guarded["password"].get(path)
            assert (answer.status, answer.headers["Location"]) == (401, None)
            assert answer.headers["WWW-Authenticate"].startswith('Basic realm="Packages"')

    def test_with_the_password_all_is_as_without(self, guarded):
        expected = [200, 200, 302, 302, 302, 404, 404, 404, 302, 302, 404]
        assert self.statuses(guarded["password"], **KNOWN) == expected
        assert self.statuses(guarded["here"]) == expected

    @pytest.mark.parametrize("credentials", ["bWU6d3Jvbmc=", "eW91OnNlY3JldA==", "x"])
    def test_a_wrong_password(self, guarded, credentials):
        statuses = self.statuses(guarded["password"], Authorization=f"Basic {credentials}")
        assert set(statuses) == {401}

    def test_addresses_come_before_anything_else(self, guarded):
        for path in PATHS_OF_EACH_KIND:
            answer = guarded["elsewhere"].get(path)
            assert (answer.status, answer.headers["Location"]) == (403, None)

    def test_an_address_and_a_password(self, guarded):
        site = guarded["password and here"]
        assert set(self.statuses(site)) == {401}
        assert site.get("/my-pkg-one/", **KNOWN).status == 200

    def test_a_password_but_no_address(self, guarded):
        site = guarded["password and elsewhere"]
        assert set(self.statuses(site, **KNOWN)) <= {401, 403}
        assert set(self.statuses(site)) <= {401, 403}

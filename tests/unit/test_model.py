"""Values that travel between the stages: what they say of themselves, and that they travel."""

from __future__ import annotations

import pickle
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdistmaker_recipe.model import BuildJob, BuildSettings, Built, Failed, ProjectDetails, project_name
from tests.unit.values import REPOSITORY, a_tag

SETTINGS = BuildSettings(
    output=Path("/srv/incoming"),
    scratch=Path("/tmp/scratch"),
    environments=Path("/tmp/environments"),
    timeout=300.0,
    helper_environment=(("UV_INDEX", "https://builder:hunter2@example.com"),),
)


class TestTagUrl:
    @pytest.mark.parametrize(
        ("path", "quoted"),
        [
            ("acme/tags/1.0", "acme/tags/1.0"),
            ("my project/tags/1.0", "my%20project/tags/1.0"),
            ("acme@home/tags/1.0", "acme%40home/tags/1.0"),
            ("100%/tags/1.0", "100%25/tags/1.0"),
            ("Zähler/tags/1.0", "Z%C3%A4hler/tags/1.0"),
            ("-acme/tags/-1", "-acme/tags/-1"),
            ("a?b#c/tags/1.0", "a%3Fb%23c/tags/1.0"),
        ],
    )
    def test_is_percent_encoded(self, path, quoted):
        assert a_tag(path=path).url == f"{REPOSITORY}/{quoted}"

    def test_is_the_repository_itself_where_that_is_the_tag(self):
        assert a_tag(path="").url == REPOSITORY

    @given(st.text("aZ0 @%äß?#&+;-~/", min_size=1).map(lambda path: path.strip("/")).filter(bool))
    def test_leads_back_to_the_path(self, path):
        assert unquote(a_tag(path=path).url) == f"{REPOSITORY}/{path}"


class TestProject:
    @pytest.mark.parametrize(
        ("repository", "path", "name"),
        [
            (REPOSITORY, "acme.ledger", "acme.ledger"),
            (REPOSITORY, "Products/my ledger", "my ledger"),
            (REPOSITORY, "Products/100%25", "100%25"),
            (f"{REPOSITORY}/acme.ledger", "", "acme.ledger"),
            (f"{REPOSITORY}/Z%C3%A4hler", "", "Zähler"),
            (f"{REPOSITORY}/acme/", "", "acme"),
        ],
    )
    def test_is_the_last_part_of_its_path_or_of_the_url(self, repository, path, name):
        assert project_name(repository, path) == name
        assert a_tag(repository=repository, project_path=path).project == name

    @pytest.mark.parametrize(
        ("url", "name"),
        [
            (f"{REPOSITORY}/acme/ledger/tags/1.0", "ledger"),
            (f"{REPOSITORY}/Z%C3%A4hler/tags/1%2B0", "Zähler"),
            ("git+file:///srv/ledger.git/tags/v1.0", "ledger"),
            ("https://example.com/ledger/releases/1.0", "1.0"),
        ],
    )
    def test_of_a_tag_by_its_own_url_is_above_tags(self, url, name):
        assert a_tag(repository=url, project_path="", path="").project == name


class TestValues:
    @pytest.mark.parametrize(
        "value",
        [
            BuildJob(a_tag(), REPOSITORY, "auto", "99", SETTINGS),
            Built(
                a_tag(),
                "acme",
                "1.0",
                b"\x1f\x8b",
                "ab",
                2,
                b"Name: acme\n",
                "",
                "setuptools",
                ProjectDetails(),
            ),
            Failed(a_tag(), "no setup.py", "log", is_permanent=False),
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_cross_a_process_border_unchanged(self, value):
        assert pickle.loads(pickle.dumps(value)) == value

    def test_are_frozen(self):
        with pytest.raises(AttributeError):
            a_tag().name = "2.0"

    def test_of_a_failure_last_unless_said_otherwise(self):
        assert Failed(a_tag(), "reason").is_permanent

    def test_of_settings_show_nothing_of_the_helpers_environment(self):
        assert "hunter2" not in repr(SETTINGS)

    def test_of_tags_sort_by_repository_then_project(self):
        first = a_tag("2.0", project="a")
        second = a_tag("1.0", project="b")
        other = a_tag("0.1", project="a", repository="https://svn.example.com/two")
        assert sorted([other, second, first]) == [first, second, other]

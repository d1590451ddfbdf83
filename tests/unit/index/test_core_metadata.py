"""What the index takes from a PKG-INFO, and when it may serve it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.metadata import parse_email

from sdistmaker_recipe.index.core_metadata import may_be_served, project_details
from sdistmaker_recipe.index.safe_text import one_line
from sdistmaker_recipe.model import ProjectDetails


def metadata(*lines: str, version: str = "2.4") -> bytes:
    head = (f"Metadata-Version: {version}", "Name: acme.ledger", "Version: 1.0")
    return "\n".join([*head, *lines, "", ""]).encode()


class TestAbout:
    def test_reads_what_a_page_shows(self):
        content = metadata(
            "Summary: Keeps <books>",
            "Author: The Ledger Team",
            "Author-email: ledger@example.com",
            "License-Expression: BSD-3-Clause",
            "Home-page: https://example.com/ledger",
            "Project-URL: Issues, https://trac.example.com/",
            "Description-Content-Type: text/markdown; variant=GFM",
            "",
            "# Ledger",
        )
        assert project_details(content) == ProjectDetails(
            summary="Keeps <books>",
            author="The Ledger Team",
            license="BSD-3-Clause",
            links=(("Homepage", "https://example.com/ledger"), ("Issues", "https://trac.example.com/")),
            description="# Ledger\n\n",
            content_type="text/markdown; variant=GFM",
        )

    @pytest.mark.parametrize(
        "text",
        [
            "Name: a\n\nText\n\nmore  \n",
            "Name: a\n\n\n\n  Text",
            "Name: a\nDescription: in the header\n\nText\n",
            "Name: a\nDescription: in the header\n\n",
            "Name: a\r\n\r\nText\n\nmore\n",
            "Name: a\nno header\nSummary: Text\n\nmore\n\nmore\n",
            "Content-Type: multipart/mixed; boundary=x\n\n--x\n\nText\n\n--x--\n",
            "\nName: a\n\nText\n",
            "Name: a\n folded\n \n\nText\x0c\n\x1cmore\u2028\n",
        ],
    )
    def test_description_is_what_packaging_finds(self, text):
        self.compare(text)

    @given(
        st.lists(st.sampled_from(["Name: a", "Summary: b", "Description: c", "", " ", " d", "e", ":", "\r"]))
    )
    def test_description_is_what_packaging_finds_in_any_lines(self, lines):
        self.compare("\n".join(lines))

    def compare(self, text: str) -> None:
        raw, _ = parse_email(text)
        told = project_details(text.encode())
        assert told.description == raw.get("description", "")
        assert told.summary == one_line(raw.get("summary", ""))

    def test_of_metadata_that_says_nothing_is_empty(self):
        assert project_details(metadata()) == ProjectDetails()
        assert project_details(b"") == ProjectDetails()

    def test_links_only_to_the_web_and_once(self):
        content = metadata(
            "Home-page: javascript:alert(1)",
            "Project-URL: Docs, https://example.com/docs",
            "Project-URL: Also, https://example.com/docs",
            "Project-URL: Evil, data:text/html,x",
            "Project-URL: no address",
        )
        assert project_details(content).links == (("Docs", "https://example.com/docs"),)

    @pytest.mark.parametrize(
        ("lines", "author"),
        [
            (
                ['Author-email: "Ledger, Team" <l@example.com>, <m@example.com>'],
                "Ledger, Team, m@example.com",
            ),
            (["Author: UNKNOWN", "Maintainer: Caretaker"], "Caretaker"),
            (["Maintainer-email: Caretaker <c@example.com>"], "Caretaker"),
            (["Author-email: ((("], ""),
        ],
    )
    def test_names_authors_else_maintainers(self, lines, author):
        assert project_details(metadata(*lines)).author == author

    def test_names_a_license_but_does_not_quote_one(self):
        assert project_details(metadata("License: ZPL 2.1")).license == "ZPL 2.1"
        assert (
            project_details(metadata("License: Copyright\n        All rights\n        reserved")).license
            == ""
        )
        assert project_details(metadata("License: UNKNOWN")).license == ""

    def test_reads_metadata_from_before_utf_8_was_the_rule(self):
        content = metadata(version="1.0").replace(
            b"\n\n", b"\nSummary: F\xfcr B\xfccher\nAuthor: J\xf6rg\n\n"
        )
        assert project_details(content).summary == "Für Bücher"
        assert project_details(content).author == "Jörg"

    @given(st.binary(max_size=200))
    def test_never_raises(self, content):
        assert project_details(content).summary.isprintable()
        may_be_served(content)

    @given(st.text(st.characters(codec="utf-8"), max_size=60))
    def test_reads_any_value(self, value):
        lines = [f"Summary: {value}", f"Author-email: {value}", f"Project-URL: {value}, {value}"]
        told = project_details(metadata(*lines))
        assert told.summary.isprintable()
        assert told.author.isprintable()
        assert all(link.startswith("http") for _, link in told.links)


class TestMayBeServed:
    """PEP 658: what is served is not modified when the archive is built; PEP 643 says when that is known."""

    @pytest.mark.parametrize("version", ["2.2", "2.3", "2.4", "2.10"])
    def test_since_metadata_2_2_without_dynamic_fields(self, version):
        assert may_be_served(metadata("Requires-Dist: acme.core", version=version))

    @pytest.mark.parametrize("version", ["1.0", "1.2", "2.0", "2.1", "3.0", "2.2.1", "x", "", "22"])
    def test_not_for_other_versions(self, version):
        assert not may_be_served(metadata(version=version))

    @pytest.mark.parametrize("field", ["Requires-Dist", "requires-python", "License-File", "Summary"])
    def test_not_with_any_dynamic_field(self, field):
        assert not may_be_served(metadata(f"Dynamic: {field}"))
        assert not may_be_served(metadata("Dynamic: Summary", f"dynamic: {field}"))

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"Metadata-Version: 2.2\nName: a\n",
            b"Metadata-Version: 2.2\nVersion: 1\n",
            b"Metadata-Version: 2.2\nMetadata-Version: 2.1\nName: a\nVersion: 1\n",
            b"Metadata-Version: 2.2\nName: a\nVersion: 1\nRequires-Python: >=3\nRequires-Python: >=2\n",
            b"Metadata-Version: 2.2\nName: a\nVersion: 1\nSummary: \xff\n",
        ],
        ids=["empty", "no version", "no name", "two formats", "two pythons", "not UTF-8"],
    )
    def test_not_where_a_client_could_read_it_otherwise(self, content):
        assert not may_be_served(content)

    def test_whatever_the_description_says(self):
        assert may_be_served(metadata("Description-Content-Type: text/plain", "", "Dynamic: Requires-Dist"))

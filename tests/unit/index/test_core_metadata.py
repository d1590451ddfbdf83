"""What the index takes from a PKG-INFO, and when it may serve it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.metadata import parse_email

from sdistmaker_recipe.index.core_metadata import may_be_served, project_details
from sdistmaker_recipe.index.description import render_description
from sdistmaker_recipe.index.safe_text import one_line
from sdistmaker_recipe.model import ProjectDetails


def metadata(*lines: str, version: str = "2.4") -> bytes:
    head = (f"Metadata-Version: {version}", "Name: acme.ledger", "Version: 1.0")
    return "\n".join([*head, *lines, "", ""]).encode()


OLD_TEXT = """\
Ledger
======

Keeps books::

    indented code

* a list

  | of lines"""


def old_metadata(mark: str) -> str:
    """Metadata 1.0 with the description in the header, its lines continued by ``mark``."""
    description = OLD_TEXT.replace("\n", f"\n{mark}")
    fields = ("Name: a", f"Description: {description}", "Keywords: books sums", "Platform: UNKNOWN", "")
    return "\n".join(("Metadata-Version: 1.0", *fields))


def unindented(text: str) -> str:
    return re.sub(r"^[ \t]+", "", re.sub("\r\n?", "\n", text), flags=re.MULTILINE)


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
        """Packaging keeps the indentation, and has no description where there are several."""
        raw, unparsed = parse_email(text)
        told = project_details(text.encode())
        if "description" not in unparsed:
            assert unindented(told.description) == unindented(raw.get("description", ""))
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

    @pytest.mark.parametrize(
        "mark",
        [
            pytest.param(" " * 8, id="eight spaces, as distutils writes"),
            pytest.param("       |", id="seven spaces and a bar, as PEP 314 says"),
            pytest.param(" ", id="one space"),
            pytest.param("\t", id="a tab"),
        ],
    )
    @pytest.mark.parametrize("newline", ["\n", "\r\n"])
    def test_reads_the_description_in_the_header_of_old_metadata(self, mark, newline):
        told = project_details(old_metadata(mark).replace("\n", newline).encode())
        assert told.description == OLD_TEXT
        assert told.keywords == ("books", "sums")
        html = render_description(told)
        assert '<h3 id="user-content-ledger">Ledger</h3>' in html or "<h3>Ledger</h3>" in html
        assert "<blockquote>" not in html
        assert "    indented code\n" not in html
        assert "Shown as written" not in html

    @pytest.mark.parametrize("mark", [" " * 8, "       |"])
    def test_reads_a_description_whose_empty_lines_lost_their_spaces(self, mark):
        content = re.sub(r"(?m)^[ |]+$", "", old_metadata(mark))
        assert "\n\n" in content
        told = project_details(content.encode())
        assert told.description == OLD_TEXT
        assert told.keywords == ("books", "sums")

    @pytest.mark.parametrize(
        "summary",
        [
            "Queues for\nthe ZODB.",
            "Queues\nfor\n\nthe ZODB.\n",
            "\nQueues for the ZODB.\n\n",
            "Queues for\n    the ZODB.\n",
        ],
    )
    def test_reads_fields_below_a_summary_of_several_lines(self, summary):
        lines = (
            f"Summary: {summary}",
            "Home-page: https://example.org/",
            "License: ZPL",
            "Description: Text",
        )
        details = project_details(metadata(*lines, "Keywords: zodb queue", version="1.0"))
        assert details.summary == "Queues for the ZODB."
        assert details.links == (("Homepage", "https://example.org/"),)
        assert (details.license, details.description) == ("ZPL", "Text")
        assert details.keywords == ("zodb", "queue")

    def test_takes_no_other_field_for_the_summarys(self):
        lines = (
            "Summary: Queues",
            "Author: Zoe",
            "Home-page: https://example.org/",
            "",
            "Home-page: x\nTom\n",
        )
        details = project_details(metadata(*lines))
        assert (details.summary, details.author) == ("Queues", "Zoe")
        assert details.description.strip() == "Home-page: x\nTom"
        text = "Summary: x\ny\nHome-page: z"
        assert project_details(metadata("Author: Zoe", "", text)).description.strip() == text

    def test_keeps_indentation_that_is_the_descriptions_own(self):
        told = project_details(b"Name: a\nDescription: Use\n            indented\n        not\n\n")
        assert told.description == "Use\n    indented\nnot"
        told = project_details(b"Name: a\n\n        code\n        more\n")
        assert told.description == "        code\n        more\n"

    @pytest.mark.parametrize(
        ("content", "summary"),
        [
            ("Für Bücher".encode(), "Für Bücher"),
            ("Für Bücher".encode("latin-1"), "Für Bücher"),
            ("5 € “quoted” – dash".encode("cp1252"), "5 € “quoted” – dash"),
            (b"undefined in cp1252: \x81\xfc", "undefined in cp1252: ü"),
            ("Für Bücher".encode().decode("latin-1").encode(), "FÃ¼r BÃ¼cher"),
            (b"=?utf-8?q?F=C3=BCr_B=C3=BCcher?=", "Für Bücher"),
            (b"=?utf-8?q?F=C3", "=?utf-8?q?F=C3"),
            (b"=?no-such?q?F=C3?=", "=?no-such?q?F=C3?="),
        ],
    )
    def test_reads_any_encoding_as_well_as_can_be(self, content, summary):
        told = project_details(
            b"Name: a\nSummary: " + content + b"\nAuthor: " + "Jörg".encode() + b"\n\n\xc3\xa9\n"
        )
        assert told.summary == summary
        assert (told.author, told.description) == ("Jörg", "é\n")

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
    def test_reads_metadata_with_a_byte_order_mark(self, encoding):
        told = project_details("Metadata-Version: 1.0\nName: a\nSummary: Für €\n".encode(encoding))
        assert told.summary == "Für €"

    def test_reads_dependencies_extras_classifiers_keywords_and_maintainers(self):
        content = metadata(
            "Author: A",
            "Maintainer-email: =?utf-8?q?J=C3=B6rg?= <j@example.com>",
            "Keywords: one,two words",
            "Classifier: Programming Language :: Python :: 3",
            "Classifier: UNKNOWN",
            "Requires-Dist: acme.core>=2",
            'Requires-Dist: lxml; extra == "xml"',
            "Provides-Extra: xml",
        )
        told = project_details(content)
        assert (told.author, told.maintainer) == ("A", "Jörg")
        assert told.keywords == ("one", "two words")
        assert told.classifiers == ("Programming Language :: Python :: 3",)
        assert told.requirements == ("acme.core>=2", 'lxml; extra == "xml"')
        assert told.extras == ("xml",)
        old = project_details(metadata("Keywords: one two", "Requires: xml.parsers", version="1.1"))
        assert (old.keywords, old.requirements) == (("one", "two"), ("xml.parsers",))

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

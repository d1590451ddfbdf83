"""Archives and their metadata, as each web server sends them."""

from __future__ import annotations

import hashlib
from urllib.parse import quote

import pytest

from tests.support.webserver.small_index import ARCHIVE, SNEAKY_ARCHIVES, SNEAKY_WHEELS, write


class TestArchives:
    @pytest.mark.parametrize("encoding", ["identity", "gzip, deflate, br"])
    @pytest.mark.parametrize("archive", SNEAKY_ARCHIVES)
    def test_bytes_as_they_are(self, site, archive, encoding):
        answer = site.get(f"/my-pkg-one/{archive}", "*/*", Accept_Encoding=encoding)
        assert (answer.status, answer.type) == (200, "application/gzip")
        assert hashlib.sha256(answer.body).digest() == hashlib.sha256(ARCHIVE).digest()
        assert answer.headers["Content-Encoding"] is None
        assert answer.headers["Content-Language"] is None
        assert answer.headers.get_content_charset() is None

    @pytest.mark.parametrize("archive", SNEAKY_ARCHIVES)
    def test_metadata_is_text(self, site, archive):
        answer = site.get(f"/my-pkg-one/{archive}.metadata", "*/*", Accept_Encoding="gzip")
        assert (answer.status, answer.type) == (200, "text/plain")
        assert answer.headers["Content-Encoding"] is None
        assert answer.headers["Content-Language"] is None
        assert answer.body == b"Metadata-Version: 2.2\n"

    def test_zip(self, site):
        answer = site.get("/my-pkg-one/my_pkg_one-0.9.zip")
        assert (answer.status, answer.type, answer.body) == (200, "application/zip", ARCHIVE)

    def test_metadata_that_comes_later(self, site):
        """Until it is there nobody keeps that it is not."""
        path = "/my-pkg-one/my_pkg_one-0.9.zip.metadata"
        assert site.get(path).status == 404
        assert site.get(path).headers["Cache-Control"] == "no-cache"
        metadata = write(site.index / path[1:], "Metadata-Version: 2.2\n")
        try:
            assert site.get(path).body == b"Metadata-Version: 2.2\n"
        finally:
            metadata.unlink()

    @pytest.mark.parametrize("suffix", ["", ".metadata"])
    def test_kept_for_a_year(self, site, suffix):
        answer = site.get(f"/my-pkg-one/my_pkg_one-1.0.tar.gz{suffix}")
        (value,) = answer.headers.get_all("Cache-Control")
        assert set(value.split(", ")) == {"max-age=31536000", "immutable"}
        assert answer.headers["Expires"] is None

    def test_part_of_it(self, site):
        answer = site.get("/my-pkg-one/my_pkg_one-1.0.tar.gz", Range="bytes=2-6")
        assert (answer.status, answer.body) == (206, b"bytes")

    @pytest.mark.parametrize(
        "path",
        ["/my-pkg-one/my_pkg_one-9.tar.gz", "/My.Pkg.One/my_pkg_one-9.tar.gz", "/was-private/a.tar.gz"],
    )
    def test_missing_file_of_a_private_project(self, site, path):
        assert site.get(path).status == 404

    def test_no_guessing_of_file_names(self, site):
        assert site.get("/my-pkg-one/my_pkg_one-1.0").status == 404
        assert site.get("/my-pkg-one/my_pkg_one-1.0.tar.gs").status == 404


class TestWheels:
    @pytest.fixture(params=SNEAKY_WHEELS)
    def wheel(self, request, site):
        """The path of a wheel with its metadata, both there for one test."""
        path = f"my-pkg-one/{request.param}"
        files = [write(site.index / path, ARCHIVE), write(site.index / f"{path}.metadata", "Name: it\n")]
        yield f"/{path}"
        for file in files:
            file.unlink()

    @pytest.mark.parametrize("encoding", ["identity", "gzip, deflate, br"])
    def test_bytes_as_they_are(self, site, wheel, encoding):
        answer = site.get(quote(wheel), "*/*", Accept_Encoding=encoding)
        assert (answer.status, answer.type) == (200, "application/octet-stream")
        assert answer.body == ARCHIVE
        assert answer.headers["Content-Encoding"] is None
        assert answer.headers["Content-Language"] is None
        assert answer.headers.get_content_charset() is None

    def test_metadata_is_text(self, site, wheel):
        answer = site.get(quote(f"{wheel}.metadata"), "*/*", Accept_Encoding="gzip")
        assert (answer.status, answer.type, answer.body) == (200, "text/plain", b"Name: it\n")
        assert answer.headers["Content-Encoding"] is None
        assert answer.headers["Content-Language"] is None

    @pytest.mark.parametrize("suffix", ["", ".metadata"])
    def test_kept_for_a_year(self, site, wheel, suffix):
        answer = site.get(quote(f"{wheel}{suffix}"))
        (value,) = answer.headers.get_all("Cache-Control")
        assert set(value.split(", ")) == {"max-age=31536000", "immutable"}
        assert answer.headers["Expires"] is None

    def test_part_of_it(self, site, wheel):
        """uv reads the end of a wheel that has no metadata file."""
        answer = site.get(quote(wheel), Range="bytes=2-6")
        assert (answer.status, answer.body) == (206, b"bytes")

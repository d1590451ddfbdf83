"""The lines of the option require."""

from __future__ import annotations

import pytest

from sdistmaker_recipe.webserver.access_control import parse_rule


class TestParseRule:
    @pytest.mark.parametrize(
        ("line", "rule"),
        [
            ("ip 10.0.0.0/8", "ip 10.0.0.0/8"),
            ("IP  192.0.2.1   2001:db8::/32", "ip 192.0.2.1/32 2001:db8::/32"),
            ("ip 10.0.0.0/255.0.0.0", "ip 10.0.0.0/8"),
            ("host example.com .example.org", "host example.com .example.org"),
            ("user me you@example.com", "user me you@example.com"),
            ("local", "local"),
        ],
    )
    def test_right(self, line, rule):
        assert str(parse_rule(line)) == rule

    @pytest.mark.parametrize(
        ("line", "wrong"),
        [
            ("", "does not begin with"),
            ("all granted", "does not begin with"),
            ("not ip 10.0.0.1", "does not begin with"),
            ("ip", "needs a value after ip"),
            ("local x", "takes no value after local"),
            ("ip 10.1", "is not an address or network"),
            ("ip 10.0.0.1/8", "is not an address or network"),
            ("ip fe80::1%eth0", "is not an address or network"),
            ("ip 10.0.0.1; allow all", "is not an address or network"),
            ("host exa_mple.com", "is not a host name"),
            ("host example.com>", "is not a host name"),
            ("user %{HTTP_USER}", "is not a user name"),
            ('user "me', "is not a user name"),
            ("user me\\", "is not a user name"),
        ],
    )
    def test_wrong(self, line, wrong):
        with pytest.raises(ValueError, match=wrong):
            parse_rule(line)

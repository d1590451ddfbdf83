"""Declarations of options: names, defaults and documentation, and how each door sets them."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest

from sdistmaker_recipe.configuration.declaration import Door, Group, Option
from sdistmaker_recipe.configuration.option_types import (
    BuildRequirements,
    OtherName,
    Pin,
    ReleaseName,
    Subdirectory,
    Yank,
)
from sdistmaker_recipe.configuration.options import Configuration, grouped_options, options
from sdistmaker_recipe.configuration.parsing import Layer, checked, configure
from tests.unit.configuration.layers import BASE, URLS, by_name, problems

# Option: as a part writes it, as a defaults file writes it, and the value of the field.
SAMPLES = {
    "repository": ("\n".join(URLS), list(URLS), URLS),
    "repository-on-server": ("file:///srv/svn/", "file:///srv/svn/", ("file:///srv/svn",)),
    "submodules": (
        "same-host\n*.example.com",
        ["same-host", "*.example.com"],
        ("same-host", "*.example.com"),
    ),
    "vcs": ("subversion-cli", "subversion-cli", "subversion-cli"),
    "connections": ("4", 4, 4),
    "username": ("builder", "builder", "builder"),
    "password-variable": ("SVN_PASSWORD", "SVN_PASSWORD", "SVN_PASSWORD"),
    "externals": ("All", "all", "all"),
    "layout": (
        "tags/{project}/{tag}\n{project}/tags/{tag}/src",
        ["tags/{project}/{tag}", "{project}/tags/{tag}/src"],
        ("tags/{project}/{tag}", "{project}/tags/{tag}/src"),
    ),
    "include": ("acme.*\n*/core", ["acme.*", "*/core"], ("acme.*", "*/core")),
    "exclude": ("attic/*", ("attic/*",), ("attic/*",)),
    "ignore": ("one\ntwo*", ["one", "two*"], ("one", "two*")),
    "stop-indicators": ("setup.py\nsrc", ["setup.py", "src"], ("setup.py", "src")),
    "tag-pattern": (r"r(?P<version>\d+)", r"r(?P<version>\d+)", r"r(?P<version>\d+)"),
    "subdirectory": (
        "packages/*\nlibs/api = api-v",
        ["packages/*", "libs/api = api-v"],
        (Subdirectory("packages/*"), Subdirectory("libs/api", "api-v")),
    ),
    "prereleases": ("false", False, False),
    "newest": ("3", 3, 3),
    "deleted-tags": ("keep", "keep", "keep"),
    "moved-tags": ("replace-unpublished", "replace-unpublished", "replace-unpublished"),
    "yank": (
        "Acme.Hello==1.0 Loses data",
        ["acme-hello==1.0 Loses data"],
        (Yank("acme-hello", "1.0", "Loses data"),),
    ),
    "hand-over": (
        "Acme.Ledger==2.0\nacme==1.0rc1",
        ["Acme.Ledger==2.0", "acme==1.0rc1"],
        (ReleaseName("acme-ledger", "2.0"), ReleaseName("acme", "1.0rc1")),
    ),
    "destination": ("var/index", Path("var/index"), BASE / "var/index"),
    "use-existing-folder": ("true", True, True),
    "reserved": ("acme-*", ["acme-*"], ("acme-*",)),
    "other-names": (
        "payroll-* payroll\nMy Tool acme.*",
        ["payroll-* payroll", "My Tool acme.*"],
        (OtherName("payroll-*", "payroll"), OtherName("My Tool", "acme.*")),
    ),
    "check-public": ("true", True, True),
    "index-url": ("https://example.com/p/", "https://example.com/p", "https://example.com/p"),
    "browse-url": (
        "https://example.com/{path}?p={revision}",
        "https://example.com/{path}?p={revision}",
        "https://example.com/{path}?p={revision}",
    ),
    "site-title": ("Acme packages", "Acme packages", "Acme packages"),
    "site-logo": ("logo.svg", Path("logo.svg"), BASE / "logo.svg"),
    "url-path": ("/simple", "/simple", "/simple/"),
    "public": ("proxy", "proxy", "proxy"),
    "public-index": (
        "https://example.com/simple/",
        "https://example.com/simple",
        "https://example.com/simple",
    ),
    "public-certificates": ("/etc/ca.pem", Path("/etc/ca.pem"), Path("/etc/ca.pem")),
    "auth-file": ("users", Path("users"), BASE / "users"),
    "require": ("local\nip ::1", ["local", "ip ::1"], ("local", "ip ::1")),
    "nginx-config": ("var/nginx.conf", Path("var/nginx.conf"), BASE / "var/nginx.conf"),
    "python": ("python3.9", "python3.9", "python3.9"),
    "pythons": ("2.7\n/opt/python3.6", ["2.7", "/opt/python3.6"], ("2.7", "/opt/python3.6")),
    "toolchain": ("acme-* 3.9 wheel", ["acme-* 3.9 wheel"], (Pin("acme-*", "3.9", ("wheel",)),)),
    "unbuildable": ("archive", "archive", "archive"),
    "build-requires": (
        "acme-* numpy<2 Cython\nacme-db mysqlclient",
        ["acme-* numpy<2 Cython", "acme-db mysqlclient"],
        (BuildRequirements("acme-*", ("numpy<2", "Cython")), BuildRequirements("acme-db", ("mysqlclient",))),
    ),
    "build-index": ("http://localhost:3141/root", "http://localhost:3141/root", "http://localhost:3141/root"),
    "environments": ("/srv/cache", Path("/srv/cache"), Path("/srv/cache")),
    "sandbox": ("none", "none", "none"),
    "timeout": ("12.5", 12.5, 12.5),
    "include-versioned-files": ("never", "never", "never"),
    "verify-builds": ("always", "always", "always"),
    "version-mismatch": ("refuse", "refuse", "refuse"),
    "wheels": ("none", "none", "none"),
    "jobs": ("4", 4, 4),
    "executor": ("dask", "dask", "dask"),
    "scheduler": (
        "tls://dask.example.com:8786",
        "tls://dask.example.com:8786",
        "tls://dask.example.com:8786",
    ),
    "wait": ("60", 60, 60),
    "script": ("make_index", None, "make_index"),
    "run": ("false", None, False),
}

# An option without a sample fails the one test that asks for it.
SAMPLED = tuple(option for option in options() if option.name in SAMPLES)

ALIASES = {
    "BASE": "repository",
    "BASE_ON_SERVER": "repository-on-server",
    "BLACKLIST": "ignore",
    "STOP_INDICATORS": "stop-indicators",
    "OUTDIR": "destination",
}


def written(option: Option, door: Door) -> object:
    text, constant, _ = SAMPLES[option.name]
    if door is Door.CONSTANT:
        return constant
    return text.split("\n") if door is Door.FLAG and option.many else text


class TestEveryOption:
    def test_has_a_sample_here(self):
        assert list(SAMPLES) == [option.name for option in options()]

    @pytest.mark.parametrize("option", SAMPLED, ids=lambda option: option.name)
    def test_has_a_sample_that_is_not_the_default(self, option):
        assert SAMPLES[option.name][2] != getattr(configure([], BASE), option.field_name)

    @pytest.mark.parametrize(
        ("door", "option"),
        [(door, option) for door in Door for option in options(door) if option in SAMPLED],
        ids=lambda value: getattr(value, "name", value),
    )
    def test_can_be_set_from_each_of_its_doors(self, door, option):
        layer = Layer("here", door, {option.spelling(door): written(option, door)})
        configuration = configure([layer], BASE)
        expected = SAMPLES[option.name][2]
        assert configuration == replace(configure([], BASE), **{option.field_name: expected})

    @pytest.mark.parametrize("option", SAMPLED, ids=lambda option: option.name)
    def test_keeps_a_parsed_value_that_is_checked_again(self, option):
        layer = Layer("here", Door.PART, {option.name: SAMPLES[option.name][0]})
        configuration = configure([layer], BASE)
        assert checked(configuration, BASE) == configuration

    @pytest.mark.parametrize("option", options(), ids=lambda option: option.name)
    def test_has_a_default_that_is_written_as_in_a_part(self, option):
        assert option.parse(option.default) == getattr(Configuration(), option.field_name)

    @pytest.mark.parametrize("option", options(), ids=lambda option: option.name)
    def test_is_documented(self, option):
        assert option.help.endswith(".")
        assert option.accepts
        assert not option.accepts.endswith(".")

    def test_is_in_a_group_whose_options_stand_together(self):
        grouped = [option for declared in grouped_options().values() for option in declared]
        assert grouped == list(options())
        assert list(grouped_options()) == list(Group)

    def test_is_a_field_and_every_field_an_option(self):
        assert [option.field_name for option in options()] == [field.name for field in fields(Configuration)]

    def test_is_written_by_each_door_in_its_own_way(self):
        spellings = [by_name("tag-pattern").spelling(door) for door in Door]
        assert spellings == ["tag-pattern", "TAG_PATTERN", "--tag-pattern"]

    def test_takes_many_values_only_where_it_is_a_list(self):
        many = {option.name for option in options() if option.many}
        assert many & SAMPLES.keys() == {
            name for name, (_, _, value) in SAMPLES.items() if isinstance(value, tuple)
        }


def test_no_submodule_at_all_is_kept_too():
    configuration = configure([Layer("here", Door.PART, {"submodules": "none"})], BASE)
    assert checked(configuration, BASE) == configuration


class TestDoors:
    def test_script_and_run_are_options_of_a_part_only(self):
        for door in (Door.CONSTANT, Door.FLAG):
            missing = set(options()) - set(options(door))
            assert {option.name for option in missing} == {"script", "run"}
        assert options(Door.PART) == options()

    @pytest.mark.parametrize(
        ("door", "name"), [(Door.CONSTANT, "SCRIPT"), (Door.CONSTANT, "RUN"), (Door.FLAG, "--run")]
    )
    def test_an_option_of_a_part_is_unknown_elsewhere(self, door, name):
        (problem,) = problems(Layer("here", door, {name: "x"}))
        assert problem.message.startswith("is not an option")

    @pytest.mark.parametrize(
        ("door", "name"),
        [(Door.PART, "TAG_PATTERN"), (Door.PART, "tag_pattern"), (Door.FLAG, "tag-pattern")],
    )
    def test_the_spelling_of_one_door_is_unknown_at_another(self, door, name):
        (problem,) = problems(Layer("here", door, {name: "x"}))
        assert problem.message.startswith("is not an option")

    @pytest.mark.parametrize(("alias", "name"), ALIASES.items())
    def test_a_name_of_sdistmaker_1_4_sets_its_option_in_a_defaults_file(self, alias, name):
        option = by_name(name)
        _, constant, value = SAMPLES[name]
        configuration = configure([Layer("defaults.py", Door.CONSTANT, {alias: constant})], BASE)
        assert getattr(configuration, option.field_name) == value

    def test_there_are_no_other_aliases(self):
        assert {option.alias: option.name for option in options() if option.alias} == ALIASES

    @pytest.mark.parametrize("name", ["base", "blacklist", "outdir", "BASE"])
    def test_aliases_are_unknown_to_a_part(self, name):
        (problem,) = problems(Layer("[sdists]", Door.PART, {name: "x"}))
        assert problem.message.startswith("is not an option")

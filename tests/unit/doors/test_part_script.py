"""When the script of a part may run with what the part itself runs with."""

from __future__ import annotations

import pytest

from sdistmaker_recipe.doors.part_script import is_same_choice, pkg_resources

ENVIRONMENT = "/environment/site-packages"


def distribution(name: str, version: str, location: str = ENVIRONMENT):
    return pkg_resources.Distribution(location, project_name=name, version=version)


LOADED = [distribution("Acme.Parts", "1.5"), distribution("greeting", "2.0.dev1")]


def test_without_pins_and_develop_eggs_it_may():
    assert is_same_choice(LOADED, {}, [])


@pytest.mark.parametrize("pin", ["1.5", "==1.5", "1.5.0", ">=1,<2", ""])
def test_it_may_where_pins_allow_it(pin):
    assert is_same_choice(LOADED, {"acme-parts": pin, "unknown": "3"}, [])


@pytest.mark.parametrize("pins", [{"acme-parts": "1.4"}, {"acme-parts": ">=2"}, {"greeting": "2.0"}])
def test_it_may_not_where_a_pin_asks_for_another(pins):
    assert not is_same_choice(LOADED, pins, [])


def test_a_pin_may_allow_what_is_not_final():
    assert is_same_choice(LOADED, {"greeting": ">=2.0.dev0"}, [])


def test_a_develop_egg_of_another_place_comes_first():
    assert not is_same_choice(LOADED, {}, [distribution("greeting", "2.0.dev1", "/srv/greeting")])


def test_develop_eggs_that_are_loaded_or_not_needed_change_nothing():
    developed = [LOADED[1], distribution("other", "1.0", "/srv/other")]
    assert is_same_choice(LOADED, {}, developed)

"""What the shims do to modules, so that the questions of a tag are seen."""

from __future__ import annotations

import types

import pytest

from sdistmaker_recipe.toolchain.worker import SHIMS


def test_a_watched_module_is_asked_for_each_attribute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(SHIMS)
    from sdistmaker_observation.pretence import watched_class

    module = types.ModuleType("watched")
    module.value = "true"
    module.__class__ = watched_class({"value": property(lambda module: "pretended")})
    assert [module.value for _time in range(100)] == ["pretended"] * 100
    # With it, no Python reads the attributes of a module past the properties of its class.
    assert "__getattr__" in vars(type(module))
    with pytest.raises(AttributeError, match="'watched' has no attribute 'other'"):
        _ = module.other

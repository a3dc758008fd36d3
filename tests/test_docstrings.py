"""What public names say of themselves: every argument, every field, every error of their own."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterator
from typing import Any

import pytest

import lpgreeks as lp

PUBLIC = [getattr(lp, name) for name in sorted(dir(lp)) if not name.startswith("_")]
FUNCTIONS = [thing for thing in PUBLIC if inspect.isfunction(thing)]
CLASSES = [thing for thing in PUBLIC if inspect.isclass(thing)]

OWN_ERROR = re.compile(r"^\s+raise \w+Error\b", re.MULTILINE)


def methods(kind: type) -> Iterator[tuple[str, Any]]:
    """Public functions that a class defines itself."""
    for name, member in vars(kind).items():
        function = member.__func__ if isinstance(member, classmethod | staticmethod) else member
        if not name.startswith("_") and inspect.isfunction(function):
            yield name, function


def says(text: str, name: str) -> bool:
    return re.search(rf"\b{re.escape(name)}\b", text) is not None


def own_words(kind: type) -> str:
    """What a class and those that it is made from say."""
    ours = (c for c in kind.__mro__ if c.__module__.startswith("lpgreeks"))
    return "\n".join(c.__dict__.get("__doc__") or "" for c in ours)


@pytest.mark.parametrize("thing", [*FUNCTIONS, *CLASSES], ids=lambda t: t.__name__)
def test_it_says_what_it_is_in_one_paragraph(thing: Any) -> None:
    first = (thing.__doc__ or "").strip().split("\n\n")[0]
    assert first
    assert first[-1] in ".,:;", first


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_a_function_names_its_arguments_and_its_errors(function: Any) -> None:
    text = inspect.getdoc(function) or ""
    assert [name for name in inspect.signature(function).parameters if not says(text, name)] == []
    if OWN_ERROR.search(inspect.getsource(function)):
        assert "Raises:" in text


@pytest.mark.parametrize("kind", [c for c in CLASSES if dataclasses.is_dataclass(c)], ids=lambda c: c.__name__)
def test_a_class_names_its_fields(kind: Any) -> None:
    text = own_words(kind)
    asked = [field.name for field in dataclasses.fields(kind) if field.init and not field.name.startswith("_")]
    assert [name for name in asked if not says(text, name)] == []


@pytest.mark.parametrize("kind", CLASSES, ids=lambda c: c.__name__)
def test_a_method_says_what_it_does_and_when_it_refuses(kind: Any) -> None:
    for name, function in methods(kind):
        assert inspect.getdoc(getattr(kind, name)), name
        # What a method takes over from its base says its errors there.
        if function.__doc__ and OWN_ERROR.search(inspect.getsource(function)):
            assert "Raises:" in function.__doc__, name


@pytest.mark.parametrize("text", ["``x``: a number", "Args:\n    x, y: two"], ids=["in prose", "in a list"])
def test_a_name_is_found_as_a_word(text: str) -> None:
    assert says(text, "x")
    assert not says(text, "a_x")

"""Checks every call in the core against its annotations, shapes included, and each value once.

pytest's plugin of jaxtyping decorates all functions with `jaxtyping.jaxtyped`. That binds the
arguments of every call by name and checks them twice, by two checkers compiled for each function.
What stands here takes its place when it is imported, which has to be before anything of the core
is.
"""

import functools
import inspect
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import is_dataclass
from typing import Any, get_args

import jaxtyping
from beartype import BeartypeConf, beartype
from jaxtyping import AbstractArray, TypeCheckError

strictly = beartype(conf=BeartypeConf(violation_type=TypeCheckError))
jaxtyped = jaxtyping.jaxtyped
ONE_CALL = jaxtyped("context")
"""Within it, an axis of one name has one length."""


def typed(found: Any = None, *, typechecker: Callable[[Any], Any]) -> Any:
    """As `jaxtyping.jaxtyped`: a function or a dataclass that refuses values of other types."""
    if found is None:
        return functools.partial(typed, typechecker=typechecker)
    if is_dataclass(found) and inspect.isfunction(found.__init__):
        if "__init__" in vars(found):
            found.__init__ = typed(found.__init__, typechecker=typechecker)
        return found
    if not inspect.isfunction(found):
        return jaxtyped(found, typechecker=typechecker)
    hints = list(found.__annotations__.values())
    has_shapes = any(map(names_shapes, hints))
    # A name that only jaxtyping looks up, and values that come when the call has ended.
    if any(isinstance(hint, str) for hint in hints) or (
        has_shapes and inspect.isgeneratorfunction(found)
    ):
        return jaxtyped(found, typechecker=typechecker)
    return checked_once(found, ONE_CALL if has_shapes else nullcontext())


def names_shapes(hint: Any) -> bool:
    """Whether there is a tensor in it."""
    is_tensor = isinstance(hint, type) and issubclass(hint, AbstractArray)
    return is_tensor or any(map(names_shapes, get_args(hint)))


def checked_once(function: Any, scope: Any) -> Any:
    """The function, checked unless a test has said that nothing shall be."""
    strict = strictly(function)
    if strict is function:
        return function

    @functools.wraps(function)
    def call(*arguments: Any, **named: Any) -> Any:
        if jaxtyping.config.jaxtyping_disable:
            return function(*arguments, **named)
        with scope:
            return strict(*arguments, **named)

    return call


jaxtyping.jaxtyped = typed

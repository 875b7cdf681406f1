"""Whether a setting has a value that can work: what every configuration asks. Knows no torch."""

from collections.abc import Collection

from minigpt.errors import ConfigurationError


def require_between(
    field: str,
    value: int | float,
    smallest: int | float,
    largest: int | float,
    *,
    called: str = "",
) -> None:
    """Refuse a number outside its range, whose ends belong to it. What is no number is outside.

    Args:
        field: the setting's path, such as "training.steps".
        value: what it was set to.
        smallest: the least it may be.
        largest: the most it may be.
        called: its name in the message; empty for the last word of the path.

    Raises:
        ConfigurationError: it is outside.
    """
    if not smallest <= value <= largest:
        raise ConfigurationError(
            f"{called or _name(field)} is {value}; "
            f"it must lie between {_written(smallest)} and {_written(largest)}.",
            field=field,
        )


def require_choice(field: str, value: str, allowed: Collection[str]) -> None:
    """Refuse a word that is none of those a setting knows.

    Args:
        field: the setting's path, such as "model.norm".
        value: what it was set to.
        allowed: the words it may be.

    Raises:
        ConfigurationError: it is another one.
    """
    if value not in allowed:
        raise ConfigurationError(
            f"{_name(field)} is {value!r}; choose one of {', '.join(allowed)}.", field=field
        )


def _name(field: str) -> str:
    return field.rpartition(".")[2].replace("_", " ")


def _written(limit: int | float) -> str:
    whole = int(limit)
    return f"{whole:,}" if whole == limit else f"{limit:g}"

"""A few lines of PyTorch that a reader can run in a notebook, and which names to compare."""

from dataclasses import dataclass
from string import Template


@dataclass(frozen=True)
class Snippet:
    """Lines with places such as $seed, which a reader's choices fill."""

    lines: str
    names: tuple[str, ...]
    """Variables of the lines that hold what the figure shows, under the names it has there."""

    def filled(self, **values: object) -> str:
        """The lines as they can be run; every value as Python writes it.

        >>> Snippet("print($word * $times)", ()).filled(word="ha", times=2)
        "print('ha' * 2)"
        """
        return Template(self.lines.strip()).substitute({
            name: repr(value) for name, value in values.items()
        })  # fmt: skip

"""The characters that stand for the 256 bytes in GPT-2's files and in the `tokenizers` library.

Both write tokens as text without spaces or control characters: a byte that Latin-1 shows
stands for itself, the others take the characters from U+0100 on ("Ġ" is the space).
"""

from functools import cache


@cache
def byte_of_stand_in() -> dict[str, int]:
    """The byte behind each stand-in, in the order in which GPT-2 numbers its first 256 ids."""
    shown = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [value for value in range(256) if value not in shown]
    alphabet = {chr(value): value for value in shown}
    return alphabet | {chr(0x100 + index): value for index, value in enumerate(hidden)}


def token_bytes(written: str) -> bytes:
    """Turn a token written in stand-ins into its bytes.

    >>> token_bytes("Ġthe")
    b' the'

    Raises:
        KeyError: a character stands for no byte.
    """
    alphabet = byte_of_stand_in()
    return bytes([alphabet[character] for character in written])

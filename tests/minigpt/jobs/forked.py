"""What is forked in tests: a program that does as it is told."""


def main(arguments: list[str]) -> int:
    [code] = arguments
    known: dict[str, int] = {}
    exec(code, known)
    return known.get("status", 0)

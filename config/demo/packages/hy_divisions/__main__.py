"""python -m hy_divisions CODE|TEXT: the division with a code, or those whose name holds a text."""

import sys

from hy_divisions import full_name, lookup, search


def main(arguments: list[str]) -> int:
    """Print a line for each division found; exit 1 where there is none."""
    if len(arguments) != 1:
        sys.stderr.write("python -m hy_divisions CODE|TEXT\n")
        return 2
    (wanted,) = arguments
    try:
        found = [lookup(wanted)] if wanted.isascii() else search(wanted)
    except KeyError:
        found = []
    for row in found:
        sys.stdout.write(f"{row.code} {full_name(row.code)}\n")
    return int(not found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

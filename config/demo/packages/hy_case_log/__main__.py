"""python -m hy_case_log FILE: the measures of a case log as JSON; exit 1 where it is unreadable."""

import json
import sys

from hy_case_log import CaseLogError, measure, read


def main(arguments: list[str]) -> int:
    """Print the measures and return the exit status."""
    if len(arguments) != 1:
        sys.stderr.write("python -m hy_case_log FILE\n")
        return 2
    try:
        figures = measure(read(arguments[0]))
    except (CaseLogError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.buffer.write(f"{json.dumps(figures, ensure_ascii=False, indent=2)}\n".encode())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""A notice's plain text: headings and paragraphs."""


def sections(text: str) -> list[tuple[str, list[str]]]:
    r"""Return (heading, paragraphs); a line that begins with “## ” is a heading.

    >>> sections("Why\n\n## How long\nA year.\n\nNo more.")
    [('', ['Why']), ('How long', ['A year.', 'No more.'])]
    """
    found: list[tuple[str, list[str]]] = [("", [])]
    for line in (line.strip() for line in text.splitlines()):
        if line.startswith("## "):
            found.append((line[3:], []))
        elif line:
            found[-1][1].append(line)
    return [part for part in found if part != ("", [])]

"""Reads pages as a program sees them: where they lead, and which forms they hold."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

TYPED = frozenset(
    {
        "text",
        "search",
        "email",
        "tel",
        "url",
        "password",
        "number",
        "range",
        "date",
        "datetime-local",
        "time",
        "month",
        "textarea",
    }
)
BUTTONS = frozenset({"submit", "image", "reset", "button"})


@dataclass
class Field:
    """A named field of a form, with what the page put into it."""

    name: str
    kind: str
    value: str = ""
    options: list[str] = field(default_factory=list)
    low: str = ""
    checked: bool = False


@dataclass
class Form:
    """A form as it was drawn."""

    action: str
    method: str
    fields: list[Field] = field(default_factory=list)

    @property
    def names(self) -> tuple[str, ...]:
        """The fields' names, each once."""
        return tuple(sorted({item.name for item in self.fields}))

    @property
    def has_files(self) -> bool:
        return any(item.kind == "file" for item in self.fields)


class Reader(HTMLParser):
    """Collects links and forms of one page."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.links: list[str] = []
        self.forms: dict[str, Form] = {}
        self.loose: list[tuple[str, Field]] = []
        self.form: Form | None = None
        self.select: Field | None = None
        self.area: Field | None = None

    def address(self, value: str) -> str:
        parts = urlsplit(urljoin(self.url, value))
        if parts.netloc not in {"", "testserver"} or parts.scheme not in {"", "http"}:
            return ""
        return parts.path + (f"?{parts.query}" if parts.query else "")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in given:
            self.links.append(self.address(given["href"]))
        for name in ("hx-get", "data-url", "data-chooser-url", "data-report-url"):
            if given.get(name, "").startswith(("/", "?")):
                self.links.append(self.address(given[name]))
        if given.get("hx-post"):
            self.forms[f"hx{len(self.forms)}"] = Form(self.address(given["hx-post"]), "post")
        if tag == "form":
            method = given.get("method", "get").lower()
            self.form = Form(self.address(given.get("action", "")), method)
            self.forms[given.get("id") or f"form{len(self.forms)}"] = self.form
        elif tag in {"input", "textarea", "select", "button"} and given.get("name"):
            self.take(tag, given)
        elif tag == "option" and self.select is not None:
            value = given.get("value", "")
            self.select.options.append(value)
            if "selected" in given:
                self.select.value = value

    def take(self, tag: str, given: dict[str, str]) -> None:
        kind = given.get("type", "text").lower() if tag == "input" else tag
        value, low = given.get("value", ""), given.get("min", "")
        found = Field(given["name"], kind, value, low=low, checked="checked" in given)
        if given.get("form"):
            self.loose.append((given["form"], found))
        elif self.form is not None:
            self.form.fields.append(found)
        if tag == "select":
            self.select = found
        elif tag == "textarea":
            self.area = found

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.form = None
        elif tag == "select":
            self.select = None
        elif tag == "textarea":
            self.area = None

    def handle_data(self, data: str) -> None:
        if self.area is not None:
            self.area.value += data


def read_page(url: str, text: str) -> tuple[list[str], list[Form]]:
    """Return the addresses within the site that a page names, and its forms."""
    reader = Reader(url)
    reader.feed(text)
    for name, item in reader.loose:
        if name in reader.forms:
            reader.forms[name].fields.append(item)
    return [link for link in reader.links if link], list(reader.forms.values())

"""A form's refusal is told on the page that answers: watched in every test that posts a form.

A page that draws only what can be done now has no place for a form whose case has moved on, and
would answer with a status alone (see ``portal.views.base.forms_page``).
"""

import threading
from typing import Any

import pytest
from django.forms import Form
from django.test import Client
from django.utils.html import escape

from portal.views import base


class Untold(threading.local):
    """The words that forms of the request of this thread were refused with."""

    def __init__(self) -> None:
        """Begin with none."""
        self.words: list[str] = []


@pytest.fixture(autouse=True)
def refusals_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every page that a test client gets tell all refusals of its request's forms."""
    untold = Untold()
    add_refusal, send = base.add_refusal, Client.request

    def noted(form: Form, refusal: Any) -> None:
        add_refusal(form, refusal)
        untold.words += [str(error) for errors in form.errors.values() for error in errors]

    def sent(client: Client, **request: Any) -> Any:
        untold.words = []
        answer = send(client, **request)
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            page = answer.content.decode()
            silent = [text for text in untold.words if escape(text) not in page]
            assert not silent, f"{request['PATH_INFO']} answers without a word of {silent}"
        return answer

    monkeypatch.setattr(base, "add_refusal", noted)
    monkeypatch.setattr(Client, "request", sent)

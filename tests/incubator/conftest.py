"""The cloud of the tests, behind the real openstacksdk: only the last step, the wire, is ours."""

import pytest
import requests

from tests.incubator.drivers.cloud import OPENSTACK, FakeCloud


@pytest.fixture
def cloud(settings, monkeypatch) -> FakeCloud:
    settings.OPENSTACK = OPENSTACK
    fake = FakeCloud()
    monkeypatch.setattr(
        requests.adapters.HTTPAdapter,
        "send",
        lambda _adapter, request, **_kwargs: fake.send(request),
    )
    return fake

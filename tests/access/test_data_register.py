"""Every table says what it holds of people, why, on what ground and for how long."""

import csv
from itertools import pairwise
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.models import ForeignKey, OneToOneField

from portal.models import User
from portal.selectors.personal import data_register

MODELS = [model for model in apps.get_models() if model._meta.managed]
TELLING = ("email", "phone", "address", "contact", "signed_name", "holder_name", "encoded")
SECRET = {"password", "encoded", "session_key", "secret", "codes", "digest_key"}
PUBLISHED = {"incubator.sharedmodule"}
"""Its contact is an address for the public, given for publication."""


def lines() -> list[dict[str, str]]:
    with Path(settings.DATA_REGISTER).open(encoding="utf-8") as opened:
        return list(csv.DictReader(opened))


def test_every_table_has_exactly_one_line():
    labels = [line["model"] for line in lines()]
    ours = {model._meta.label for model in MODELS}
    if connection.vendor == "postgresql":
        ours.add("wagtailsearch.SQLiteFTSIndexEntry")
    assert sorted(ours - set(labels)) == []
    assert sorted(set(labels) - ours) == []
    assert len(labels) == len(set(labels))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_table_that_points_at_a_person_names_the_way_and_the_data(model):
    line = data_register()[model._meta.label_lower]
    people = [
        field.name
        for field in model._meta.get_fields()
        if isinstance(field, ForeignKey | OneToOneField) and field.related_model is User
    ]
    if people:
        assert line.person in people
        assert line.holds
        assert line.basis != "none"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_way_to_the_person_and_exported_fields_exist(model):
    line = data_register()[model._meta.label_lower]
    if line.person:
        model._default_manager.filter(**{line.person: 0}).query.sql_with_params()
    names = {field.name for field in model._meta.get_fields()}
    assert set(line.export) <= names
    assert not set(line.export) & SECRET


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_table_with_a_telling_column_holds_personal_data(model):
    told = [
        field.name
        for field in model._meta.get_fields()
        if field.concrete and not field.is_relation and field.name.endswith(TELLING)
    ]
    if told and model._meta.label_lower not in PUBLISHED:
        assert data_register()[model._meta.label_lower].holds, told


def test_lines_of_an_app_stand_together():
    order = [line["model"].split(".")[0] for line in lines()]
    starts = [after for before, after in pairwise(["", *order]) if before != after]
    assert len(starts) == len(set(starts))


def test_nothing_sensitive_is_held():
    """No identity number, bank account, face or health is collected: SEC-19, PI-02."""
    assert [line["model"] for line in lines() if line["class"] == "sensitive"] == []
    words = ("id_number", "identity", "bank", "idcard", "biometric", "health", "birth")
    found = [
        f"{model._meta.label}.{field.name}"
        for model in MODELS
        for field in model._meta.get_fields()
        if field.concrete and any(word in field.name for word in words)
    ]
    assert found == []

"""The first security administrator."""

import pytest
from django.core.management import CommandError, call_command

from portal.models import AuditEntry, User


def test_first_security_administrator_is_appointed_once(db, capsys):
    first = User.objects.create_user("first@demo.example", name="甲")
    second = User.objects.create_user("second@demo.example", name="乙")
    call_command("appoint", "FIRST@demo.example")
    assert capsys.readouterr().out == "first@demo.example is the security administrator.\n"
    with pytest.raises(CommandError, match="already_appointed"):
        call_command("appoint", "second@demo.example")
    assert list(first.groups.values_list("name", flat=True)) == ["secadmin"]
    assert not second.groups.exists()
    assert AuditEntry.objects.latest("number").outcome == "refused"
    User.objects.filter(pk=first.pk).update(is_active=False)
    call_command("appoint", "second@demo.example")
    assert list(second.groups.values_list("name", flat=True)) == ["secadmin"]


def test_nobody_unknown_is_appointed(db):
    with pytest.raises(CommandError, match="sign up first"):
        call_command("appoint", "nobody@demo.example")

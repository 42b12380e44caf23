"""Second factors lie sealed: in the database, in backups, after a change of keys."""

import importlib
import stat
import threading

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
)
from cryptography.fernet import Fernet
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from portal.drivers import sealing
from portal.drivers.sealing import SealingError, is_sealed, load_keys, seal, unseal
from portal.models import AuditEntry
from portal.services.backup_keys import restore_keys, save_keys
from portal.services.sealing import keys_problem, rotate_keys
from tests.world import PASSWORD


@pytest.fixture
def keys(settings, tmp_path):
    """Keys of an installation: in a folder that does not exist yet."""
    settings.SEALING_KEYS = []
    settings.KEYS_DIR = tmp_path / "keys"
    return settings.KEYS_DIR / sealing.FILE


@pytest.fixture(autouse=True)
def period(monkeypatch):
    """One period of 30 s that does not end in the middle of a test."""
    [counter] = auth.yield_hotp_counters_from_time()
    monkeypatch.setattr(auth, "yield_hotp_counters_from_time", lambda: iter([counter]))


def code_of(secret: str) -> str:
    [counter] = auth.yield_hotp_counters_from_time()
    return format_hotp_value(hotp_value(secret, counter))


def whole_table() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM mfa_authenticator")
        return str(cursor.fetchall())


def protected(user) -> tuple[str, list[str]]:
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    codes = RecoveryCodes.activate(user).get_unused_codes()
    return secret, codes


def test_sec_19_database_holds_no_plain_secret(world):
    secret, codes = protected(world.staff)
    held = whole_table()
    assert secret not in held
    assert not any(code in held for code in codes)
    rows = {row.type: row.data for row in Authenticator.objects.filter(user=world.staff)}
    assert is_sealed(rows["totp"]["secret"])
    assert is_sealed(rows["recovery_codes"]["seed"])
    assert unseal(rows["totp"]["secret"]) == secret


def test_factor_set_up_on_the_page_is_sealed_and_signs_in(world):
    client = Client()
    client.post(reverse("account_login"), {"login": "staff@demo.example", "password": PASSWORD})
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    page = client.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    assert Authenticator.objects.filter(user=world.staff, type="totp").exists()
    assert secret not in whole_table()


@pytest.mark.parametrize("changed", [False, True])
def test_sec_06_person_signs_in_with_the_code_also_after_a_change_of_keys(world, keys, changed):
    secret, codes = protected(world.sysadmin)
    if changed:
        rotate_keys(now=world.now, retire=True)
    for code in (code_of(secret), codes[0]):
        client = Client()
        form = {"login": "sysadmin@demo.example", "password": PASSWORD}
        first = client.post(reverse("account_login"), form)
        assert first["Location"].startswith(reverse("mfa_authenticate"))
        wrong = client.post(reverse("mfa_authenticate"), {"code": "000000000"})
        assert wrong.status_code == 200
        client.post(reverse("mfa_authenticate"), {"code": code})
        assert client.get("/workspace/jobs/").status_code == 200


def test_first_key_is_made_once_for_its_owner_only(world, keys):
    assert not keys.exists()
    protected(world.staff)
    first = keys.read_text()
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    protected(world.training)
    assert keys.read_text() == first
    assert [path.name for path in keys.parent.iterdir()] == [sealing.FILE]


def test_first_key_of_ten_processes_is_one(keys):
    threads = [threading.Thread(target=sealing.make_first_key) for _number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(load_keys()) == 1
    assert [path.name for path in keys.parent.iterdir()] == [sealing.FILE]


def test_lost_key_is_named_and_no_new_one_made(world, keys):
    protected(world.staff)
    assert keys_problem() == ""
    keys.unlink()
    with pytest.raises(SealingError, match="bring it back"):
        protected(world.training)
    assert not keys.exists()
    assert "is missing" in keys_problem()


def test_wrong_key_is_named(world, keys, settings):
    protected(world.staff)
    settings.SEALING_KEYS = [Fernet.generate_key().decode()]
    assert "No key in SEALING_KEYS" in keys_problem()
    with pytest.raises(SealingError, match="one is missing"):
        rotate_keys(now=world.now)
    settings.SEALING_KEYS = ["no key"]
    with pytest.raises(SealingError, match="no Fernet key"):
        seal("x")
    with pytest.raises(SealingError, match="never sealed"):
        unseal("x")


def test_nothing_sealed_needs_no_key(db, keys):
    assert keys_problem() == ""


@pytest.mark.parametrize("retire", [False, True])
def test_new_key_seals_everything_and_old_ones_stay_until_retired(world, keys, retire):
    secret, codes = protected(world.staff)
    before = {row.pk: row.data for row in Authenticator.objects.all()}
    old = load_keys()
    call_command("rotate_keys", *(["--retire"] if retire else []))
    new = load_keys()
    assert new[0] not in old
    assert new[1:] == (() if retire else old)
    for row in Authenticator.objects.all():
        assert row.data != before[row.pk]
        assert row.data.keys() == before[row.pk].keys()
    found = Authenticator.objects.get(user=world.staff, type="recovery_codes").wrap()
    assert found.get_unused_codes() == codes
    totp = Authenticator.objects.get(user=world.staff, type="totp")
    assert Fernet(new[0]).decrypt(totp.data["secret"].removeprefix("sealed:")).decode() == secret
    entry = AuditEntry.objects.get(action="keys.rotated")
    assert entry.data == {"rows": 2, "retired": retire}


def test_keys_of_a_setting_rotate_by_the_setting(world, keys, settings):
    first, second = (Fernet.generate_key().decode() for _number in range(2))
    settings.SEALING_KEYS = [first]
    secret, _codes = protected(world.staff)
    settings.SEALING_KEYS = [second, first]
    assert rotate_keys(now=world.now, retire=True) == 2
    settings.SEALING_KEYS = [second]
    totp = Authenticator.objects.get(user=world.staff, type="totp")
    assert unseal(totp.data["secret"]) == secret
    assert not keys.exists()


def test_command_says_what_is_missing(world, keys):
    protected(world.staff)
    keys.unlink()
    with pytest.raises(CommandError, match="is missing"):
        call_command("rotate_keys")
    assert not keys.exists()


def test_keys_are_saved_and_come_back(world, keys, settings, tmp_path):
    secret, _codes = protected(world.staff)
    apart = tmp_path / "safe"
    assert f"keys/{sealing.FILE}" in save_keys(
        folder=apart, apart_from=tmp_path / "set", now=world.now
    )
    keys.unlink()
    restore_keys(folder=apart)
    totp = Authenticator.objects.get(user=world.staff, type="totp")
    assert unseal(totp.data["secret"]) == secret
    settings.SEALING_KEYS = ["first", "second"]
    save_keys(folder=tmp_path / "other", apart_from=tmp_path / "set", now=world.now)
    assert (tmp_path / "other" / "sealing_keys").read_text() == "first\nsecond"


def test_migration_seals_what_lay_open_and_opens_it_again(world, keys):
    plain = {"secret": {"secret": "JBSWY3DP"}, "seed": {"seed": "abc", "used_mask": 3}}
    rows = {
        "secret": Authenticator.objects.create(user=world.staff, type="totp", data=plain["secret"]),
        "seed": Authenticator.objects.create(
            user=world.staff, type="recovery_codes", data=plain["seed"]
        ),
    }
    passkey = Authenticator.objects.create(
        user=world.staff, type="webauthn", data={"name": "x", "credential": {}}
    )
    migration = importlib.import_module("portal.migrations.0017_seal_second_factors")
    for _time in range(2):
        migration.forwards(apps, None)
        for name, row in rows.items():
            row.refresh_from_db()
            assert unseal(row.data[name]) == plain[name][name]
        assert rows["seed"].data["used_mask"] == 3
    for _time in range(2):
        migration.backwards(apps, None)
        for name, row in rows.items():
            row.refresh_from_db()
            assert row.data == plain[name]
    passkey.refresh_from_db()
    assert passkey.data == {"name": "x", "credential": {}}


def test_readiness_names_missing_keys(world, keys, client):
    protected(world.staff)
    assert client.get("/readyz").json()["checks"]["keys"] == "ok"
    keys.unlink()
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["keys"] == "the keys of second factors are missing"

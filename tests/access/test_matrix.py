"""Every route × every role: denied unless the matrix says otherwise."""

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from config.demo.cast import CAST
from portal.domain.roles import Role
from tests.access.routes import every_route, family_of, is_ours, matrix
from tests.hostile.visitor import UNREADY

MATRIX = matrix()
OURS = [route for route in every_route() if is_ours(route)]
LOGINS = {person.role: person.login for person in reversed(CAST)}
PUBLIC_DOORS = {
    f"/accounts/{name}/"
    for name in (
        "login",
        "logout",
        "inactive",
        "signup",
        "confirm-email",
        "password/reset",
        "password/reset/done",
        "password/reset/key/done",
        "login/code/confirm",
        "2fa/authenticate",
        "2fa/webauthn/login",
    )
}
ADMIN_DOORS = (Role.STAFF, Role.TRAINING, Role.EXPERT, Role.SYSTEM_ADMIN)


def test_every_role_has_somebody_to_try_it():
    assert set(LOGINS) == set(Role)


def test_every_route_of_ours_has_a_name():
    assert [route for route in OURS if not route.name] == []


def test_every_route_of_ours_has_an_entry():
    assert sorted({route.name for route in OURS} - MATRIX.keys()) == []


def test_every_entry_has_a_route():
    assert sorted(MATRIX.keys() - {route.name for route in OURS}) == []


def test_every_entry_names_roles_that_exist():
    named = set().union(*(who for who in MATRIX.values() if not isinstance(who, str)))
    assert named - set(Role) == set()
    assert {who for who in MATRIX.values() if isinstance(who, str)} <= {"public", "login"}


def test_every_other_route_belongs_to_a_family():
    others = [route for route in every_route() if not is_ours(route)]
    assert [route for route in others if not family_of(route)] == []


@pytest.mark.parametrize("route", OURS, ids=repr)
def test_mark_of_the_view_says_what_the_matrix_says(route):
    access = getattr(route.pattern.callback, "access", None)
    assert access is not None, "a view without a mark is closed to everybody"
    said = access.roles if access.kind == "roles" else access.kind
    assert said == MATRIX[route.name]


def answer_of_gate(response: HttpResponse) -> str:
    """Return ``login``, ``refused`` or ``admitted``; what lies behind the gate does not matter."""
    if response.status_code == 302 and response["Location"].startswith(reverse("account_login")):
        return "login"
    return "refused" if response.status_code == 403 else "admitted"


def expected(who: frozenset[str] | str, role: str) -> str:
    if who == "public":
        return "admitted"
    if not role:
        return "login"
    return "admitted" if who == "login" or role in who else "refused"


def ask(client: Client, path: str) -> HttpResponse:
    """GET a page; one that fails behind the gate has admitted."""
    client.raise_request_exception = False
    return client.get(path)


@pytest.mark.parametrize("role", ["", *Role], ids=lambda role: role or "anonymous")
def test_gate_admits_whom_the_matrix_names(world, role):
    client = world.client(LOGINS[role] if role else None)
    answers = {route.name: ask(client, route.url) for route in OURS}
    gates = {name: answer_of_gate(response) for name, response in answers.items()}
    assert gates == {route.name: expected(MATRIX[route.name], role) for route in OURS}
    broken = {name for name, response in answers.items() if response.status_code >= 500}
    assert broken - {UNREADY} == set()


# --- Families


def plain(family: str) -> list[str]:
    """Return the addresses of a family's routes that need no arguments."""
    routes = [route for route in every_route() if not is_ours(route) and family_of(route) == family]
    return sorted(
        {
            reverse(route.name)
            for route in routes
            if route.name and not route.pattern.pattern.regex.groups and is_bare(route.path)
        }
    )


def is_bare(path: str) -> bool:
    return "<" not in path and "(" not in path


def test_back_office_is_closed_to_the_public(db, client):
    paths = [path for path in plain("admin") if path.startswith(settings.ADMIN_PATH)]
    assert len(paths) > 20
    open_to_all = {f"{settings.ADMIN_PATH}{name}/" for name in ("login", "logout", "jsi18n")}
    open_to_all |= {f"{settings.ADMIN_PATH}sprite/"}
    opened = [
        path
        for path in paths
        if path not in open_to_all and ask(client, path).status_code not in {301, 302, 403, 404}
    ]
    assert opened == []


@pytest.mark.parametrize(
    "role", [role for role in Role if role not in ADMIN_DOORS], ids=lambda role: role
)
def test_back_office_is_closed_to_roles_without_a_door(world, role):
    response = ask(world.client(LOGINS[role]), reverse("wagtailadmin_home"))
    assert response.status_code in {302, 403}


def test_accounts_pages_that_show_a_person_ask_for_a_login(db, client):
    closed = [path for path in plain("accounts") if path not in PUBLIC_DOORS]
    opened = [path for path in closed if answer_of_gate(ask(client, path)) == "admitted"]
    assert opened == []
    assert reverse("mfa_index") in closed

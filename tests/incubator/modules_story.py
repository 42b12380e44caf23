"""Helpers of the modules' and courses' tests: an admitted firm, wheels, a published module."""

from typing import Any

from django.core.files.base import ContentFile

from config.demo.module_files import MATTERS_SQL
from config.demo.wheels import build_wheel, uscc_check_wheel, wheel_name
from incubator.models import Application, ModuleFile, ModuleRelease, SharedModule
from incubator.services import module_files, modules
from incubator.services.module_uses import record_uses
from incubator.services.windows import setup_applications
from portal.domain.calendar import notice_window
from portal.models import Organisation, User
from portal.services.accounts import register_organisation
from portal.services.registers import open_notice
from tests.world import World


def admit(world: World, login: str) -> Organisation:
    """Have a person's firm admitted, as the row that the applications' story ends with."""
    return admit_firm(world, world.organisation(login), world.people[login], f"HYRF-{login}")


def admitted_firm(world: World, uscc: str) -> Organisation:
    """Return another firm that is admitted, with the learner as its signer."""
    firm = register_organisation(
        kind="firm", name=f"示例{uscc[-6:]}有限公司", uscc=uscc, actor=world.learner, now=world.now
    )
    return admit_firm(world, firm, world.learner, f"HYRF-{uscc}")


def admit_firm(world: World, firm: Organisation, person: User, number: str) -> Organisation:
    """Have a firm admitted."""
    day = world.now.date()
    notice = open_notice(
        kind="admission",
        title="拟入孵名单",
        body="公示",
        window=notice_window(day, 5, 7),
        actor=None,
        now=world.now,
    )
    Application.objects.create(
        form=setup_applications(now=world.now).current,
        number=number, organisation=firm, created_by=person,
        state="admitted", state_since=world.now, created_at=world.now, saved_at=world.now,
        submitted_at=world.now, submitted_by=person, truth_declared=True,
        proposed_at=world.now, notice=notice, admitted_on=day,
    )  # fmt: skip
    return firm


def wheel(
    version: str = "1.0.0", name: str = "hy-uscc-check", filename: str = "", **files: str
) -> ContentFile:
    """Return an upload: the project's own wheel, or a small one of another name."""
    if name == "hy-uscc-check" and not files:
        data = uscc_check_wheel(version)
    else:
        data = build_wheel(name, version, "A module", {"part.py": "x = 1\n", **files})
    return ContentFile(data, name=filename or wheel_name(name, version))


def module_of(world: World, login: str = "resources", **changes: Any) -> SharedModule:
    """Register the example module, of the county or of ``owner``."""
    values = {
        "name": "hy-uscc-check", "title": "统一社会信用代码校验", "title_en": "Credit code check",
        "summary": "校验 18 位代码并说明错在哪一位。", "licence": "MulanPSL-2.0",
        "contact": "modules@demo.example", "example": "import hy_uscc_check\n",
    }  # fmt: skip
    return modules.create_module(**(values | changes), actor=world.people[login], now=world.now)


def published(world: World, version: str = "1.0.0", **changes: Any) -> ModuleRelease:
    """Return a release of the county's module that the staff has published."""
    module = SharedModule.objects.filter(name="hy-uscc-check").first() or module_of(world)
    release = modules.submit_release(
        module=module, upload=wheel(version), actor=world.resources, now=world.now
    )
    return modules.publish_release(release=release, actor=world.staff, now=world.now)


def draft(world: World, name: str = "hy-matters", number: str = "1.0.0") -> ModuleRelease:
    """Return the begun release of a module of the owner's firm, admitted for it."""
    firm = world.organisation("owner")
    if not Application.objects.filter(organisation=firm).exists():
        admit(world, "owner")
    module = module_of(world, "owner", owner=firm, name=name)
    return module_files.start_release(
        module=module, number=number, actor=world.owner, now=world.now
    )


def beside(
    world: World,
    release: ModuleRelease,
    login: str = "owner",
    *,
    kind: str = "sql",
    name: str = "t.sql",
    data: bytes = MATTERS_SQL.encode(),
) -> ModuleFile:
    """Add a file to a release, a script unless said otherwise."""
    return module_files.add_file(
        release=release,
        kind=kind,
        upload=ContentFile(data, name=name),
        actor=world.people[login],
        now=world.now,
    )


def with_file(world: World) -> ModuleRelease:
    """Return a published release of the owner's firm that is an SQL script; owner2 may take it."""
    admit(world, "owner2")
    release = draft(world)
    beside(world, release)
    module_files.submit_files(release=release, actor=world.owner, now=world.now)
    return modules.publish_release(release=release, actor=world.staff, now=world.now)


def submitted_only(
    world: World, login: str = "owner2", name: str = "hy-part", version: str = "1.0.0"
) -> ModuleRelease:
    """Return a release in review of a module of the person's firm, admitted for it."""
    firm = world.organisation(login)
    if not Application.objects.filter(organisation=firm).exists():
        admit(world, login)
    found = SharedModule.objects.filter(name=name).first()
    module = found or module_of(world, login, owner=firm, name=name)
    return modules.submit_release(
        module=module, upload=wheel(version, name=name), actor=world.people[login], now=world.now
    )


def contributed(
    world: World, login: str = "owner2", name: str = "hy-part", version: str = "1.0.0"
) -> ModuleRelease:
    """Return the same release once it is published."""
    release = submitted_only(world, login, name, version)
    return modules.publish_release(release=release, actor=world.staff, now=world.now)


def take(world: World, release: ModuleRelease, login: str = "owner") -> ModuleRelease:
    """Have a person's firm download a release."""
    modules.download_release(release=release, actor=world.people[login], now=world.now)
    return release


def used(
    world: World, release: ModuleRelease, login: str = "owner", delivery: int = 1
) -> ModuleRelease:
    """Record that an accepted delivery of a person's firm declares a release."""
    record_uses(
        releases=[release.pk],
        organisation_id=world.organisation(login).pk,
        deliverable_id=delivery,
        version_id=delivery,
        accepted_at=world.now,
        now=world.now,
    )
    return release

"""``manage.py demo``: the county with its whole loop, then a table of tiers and the logins."""

import os
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone, translation

from certification.models import Grade
from config.demo.cast import CAST, DOMAIN, SECOND_STAFF
from config.demo.story import fresh_codes, play
from portal.labels import ROLES

PASSWORD = "demo-630123"  # noqa: S105 the demo's published password
NO_MAIL = "django.core.mail.backends.dummy.EmailBackend"


class Command(BaseCommand):
    """Plays the demo year once; called again, it only prints what there is."""

    help = "Loads 湟源县 and plays a year of the loop through the portal's own services."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take ``--quiet``: no line for each deliverable."""
        parser.add_argument("--quiet", action="store_true", help="show chapters only")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Play, then print tiers, logins and the address."""
        if not settings.DEMO:
            msg = "The demo refuses to run under production settings."
            raise CommandError(msg)
        password = os.environ.get("DEMO_PASSWORD") or PASSWORD
        started = time.monotonic()
        kept = settings.EVENT_DELIVERY, settings.EMAIL_BACKEND
        settings.EVENT_DELIVERY, settings.EMAIL_BACKEND = "manual", NO_MAIL
        try:
            with translation.override("zh-hans"):
                played = play(
                    today=timezone.localdate(),
                    password=password,
                    say=lambda text: self.say(text, quiet=options["quiet"]),
                )
                codes = fresh_codes(now=timezone.now()) if played else []
        finally:
            settings.EVENT_DELIVERY, settings.EMAIL_BACKEND = kept
        self.stdout.write(f"用时 {time.monotonic() - started:.0f} 秒")
        self.stdout.write("演示县已就绪" if played else "演示县早已就绪，未作改动")
        self.print_tiers()
        self.print_logins(password, codes)

    def say(self, text: str, *, quiet: bool) -> None:
        """Show progress."""
        if not (quiet and text.startswith(" ")):
            self.stdout.write(text)
            self.stdout.flush()

    def print_tiers(self) -> None:
        """Print the grades that are in force."""
        self.stdout.write("\n等级  总分   服务商")
        grades = Grade.objects.filter(state="active").select_related("organisation", "scorecard")
        for grade in grades.order_by("tier", "-scorecard__total", "organisation__name"):
            self.stdout.write(
                f" {grade.tier}   {grade.scorecard.total:5.1f}   {grade.organisation.name}"
            )
        self.stdout.write("未列入者为未评价；本清单仅供参考，不作为政府采购、招标投标的条件。")

    def print_logins(self, password: str, codes: list[str]) -> None:
        """Print who can log in, and where."""
        self.stdout.write("\n登录账号")
        for person in (*CAST, SECOND_STAFF):
            login = f"{person.login}@{DOMAIN}"
            self.stdout.write(f"  {login:28} {ROLES[person.role]}")
        self.stdout.write(f"\n密码：{password}")
        words = "  ".join(codes) or "首次运行时已给出；新码由 staff 在“验收码”页发放"
        self.stdout.write(f"村签字人的验收码（每个只能用一次）：{words}")
        self.stdout.write(f"地址：{settings.BASE_URL}/\n")

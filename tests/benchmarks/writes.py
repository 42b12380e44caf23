"""An audited write through a service, against a bare INSERT in its own transaction, same file."""

import json
import os
import tempfile
import time

import django

WRITES = 300


def timed(deed) -> float:
    """Return seconds for ``WRITES`` runs of ``deed(number)``."""
    started = time.perf_counter()
    for number in range(WRITES):
        deed(number)
    return time.perf_counter() - started


def main() -> None:
    """Print the line; works in a database of its own."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["VAR_DIR"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
        django.setup()
        measure()


def measure() -> None:
    """Time both kinds of write."""
    from django.core.management import call_command
    from django.utils import timezone

    from portal.models import FormDraft, SerialCounter, User
    from portal.services.operations import operation

    call_command("migrate", verbosity=0)
    now = timezone.now()
    user = User.objects.create_user("bench@demo.example", name="bench")

    def bare(number: int) -> None:
        FormDraft.objects.create(user=user, key=f"bench:{number}", saved_at=now)

    def audited(number: int) -> None:
        with operation("bench.write", actor=user, now=now, subject=user):
            SerialCounter.objects.create(series=f"B{number}", year=2026)

    floor, value = timed(bare), timed(audited)
    line = {
        "name": "audited_write",
        "value": round(value / WRITES * 1000, 3),
        "unit": "ms",
        "floor": round(floor / WRITES * 1000, 3),
    }
    print(json.dumps(line | {"ratio": round(value / floor, 1)}))


if __name__ == "__main__":
    main()

"""Loading divisions: all or nothing."""

import io
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from config.demo.cast import DATA
from portal.domain.lifecycle import Invalid
from portal.models import Region
from portal.services.regions import load_divisions

COUNTY = (DATA / "huangyuan_divisions.csv").read_text(encoding="utf-8")
HEAD = "code,name,type,parent\n"
PROVINCE = "630000000000,青海省,province,\n"


def load(text: str, now, **more):
    return load_divisions(lines=io.StringIO(text), actor=None, now=now, **more)


def counts(report) -> tuple[int, int, int, int]:
    return report.added, report.changed, report.unchanged, report.rejected_count


def test_county_has_its_166_rows(db, now):
    assert counts(load(COUNTY, now)) == (166, 0, 0, 0)
    assert Region.objects.count() == 166


def test_second_load_changes_nothing(db, now):
    load(COUNTY, now)
    assert counts(load(COUNTY, now)) == (0, 0, 166, 0)


def test_renamed_division_is_changed(db, now):
    load(HEAD + PROVINCE, now)
    assert counts(load(HEAD + PROVINCE.replace("青海省", "青海"), now)) == (0, 1, 0, 0)
    assert Region.objects.get().name == "青海"


def test_one_rejected_row_keeps_everything_out(db, now, trail):
    text = HEAD + PROVINCE + "12,甲,county,\n" + "630100000000,西宁市,prefecture,630000000000\n"
    with pytest.raises(Invalid) as caught:
        load(text, now)
    report = caught.value.params["report"]
    assert report.rejected == [(3, "bad_code", "12")]
    assert not Region.objects.exists()
    assert trail() == [("regions.load", "refused", "divisions_rejected")]


def test_report_lists_fifty_rejected_rows_and_counts_the_rest(db, now):
    with pytest.raises(Invalid) as caught:
        load(HEAD + "12,甲,county,\n" * 60, now)
    report = caught.value.params["report"]
    assert (len(report.rejected), report.rejected_count) == (50, 60)


def test_progress_is_told_after_every_batch(db, now, monkeypatch):
    monkeypatch.setattr("portal.services.regions.BATCH", 100)
    told: list[int] = []
    load(COUNTY, now, progress=told.append)
    assert told == [100, 166]


# --- The command


def test_command_prints_counts_and_shows_progress_apart(db, capsys):
    call_command("load_divisions", DATA / "huangyuan_divisions.csv")
    printed = capsys.readouterr()
    assert printed.out == "166 added, 0 changed, 0 unchanged, 0 rejected\n"
    assert printed.err == "166 rows\n"


def test_command_names_lines_and_fails(db, capsys, tmp_path: Path):
    path = tmp_path / "bad.csv"
    path.write_text(HEAD + PROVINCE + "12,甲,county,\n" * 60, encoding="utf-8")
    with pytest.raises(CommandError) as caught:
        call_command("load_divisions", path)
    lines = capsys.readouterr().out.splitlines()
    assert (lines[0], lines[49], lines[50]) == (
        "line 3: bad_code (12)",
        "line 52: bad_code (12)",
        "and 10 more",
    )
    assert str(caught.value) == "60 rejected; nothing was loaded."
    assert not Region.objects.exists()


@pytest.mark.parametrize("content", [None, "编码".encode("gb18030")])
def test_command_on_an_unreadable_file_says_so(db, tmp_path: Path, content):
    path = tmp_path / "divisions.csv"
    if content is not None:
        path.write_bytes(HEAD.encode() + content)
    with pytest.raises(CommandError, match=r"divisions\.csv: "):
        call_command("load_divisions", path)

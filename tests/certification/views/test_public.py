import csv
from datetime import date
from io import StringIO

import pytest

from certification.domain.recommendation import DISCLAIMER, SHORTFALLS
from certification.models import ProviderListing
from certification.selectors.recommendations import Filters, recommendation_rows
from certification.services.listings import refresh_listing
from portal.models import Organisation
from portal.services.accounts import register_organisation
from tests.certification.rounds import MIDDLE, NEW, STRONG, WEAK, Known, effective

pytestmark = pytest.mark.django_db

TODAY = date(2026, 12, 1)


def firm_named(world, number: int, name: str) -> Organisation:
    from config.demo.cast import firm_code

    return register_organisation(
        kind="firm", name=name, uscc=firm_code(number), actor=None, now=world.now
    )


@pytest.fixture
def market(world):
    """Four firms: B, C, A and not graded."""
    firms = [
        world.organisation("owner"),
        world.organisation("owner2"),
        firm_named(world, 10, "=示例公式有限公司"),
        firm_named(world, 11, "示例软件己有限公司"),
    ]
    fields = dict(zip(firms, (MIDDLE, WEAK, STRONG, NEW), strict=True))
    effective(world, fields)
    known = Known({firm.pk: values for firm, values in fields.items()})
    for firm in firms:
        refresh_listing(organisation_id=firm.pk, now=world.now, gather=known)
    return firms


def names(filters=None, order="name", after=None, today=TODAY, limit=20):
    page = recommendation_rows(filters or Filters(), order, after, today, limit=limit)
    return [row.listing.name for row in page.rows], page.next_after


def test_list_opens_in_neutral_order(market):
    found, more = names()

    assert found == sorted(firm.name for firm in market)
    assert more is None


def test_list_in_order_of_tier_ends_with_not_graded(market):
    owner, owner2, formula, new = market

    assert names(order="tier")[0] == [formula.name, owner.name, owner2.name, new.name]


@pytest.mark.parametrize("order", ["name", "tier"])
def test_list_pages_by_key_without_gap_or_repeat(market, order):
    whole, _more = names(order=order)
    seen, after = [], None
    while True:
        found, after = names(order=order, after=after, limit=1)
        seen += found
        if after is None:
            break

    assert seen == whole


@pytest.mark.parametrize(
    ("filters", "places"),
    [
        (Filters(tier="A"), [2]),
        (Filters(tier="none"), [3]),
        (Filters(q="公式"), [2]),
        (Filters(q="madem"), [2, 0, 1, 3]),
        (Filters(category="V02"), [2, 0, 1]),
        (Filters(township="630123101000"), [2, 0, 1]),
        (Filters(township="630123102000"), []),
    ],
)
def test_list_filters(market, filters, places):
    found, _more = names(filters)

    assert sorted(found) == sorted(market[place].name for place in places)


def test_expired_grade_counts_as_not_graded_at_reading(market):
    page = recommendation_rows(Filters(), "tier", None, date(2040, 1, 1))

    assert {row.tier for row in page.rows} == {None}
    assert {row.status for row in page.rows} == {"expired", "not_graded"}
    assert {row.total for row in page.rows} == {None}


def test_row_as_json_is_the_contract_s(market):
    row = recommendation_rows(Filters(tier="B"), "name", None, TODAY).rows[0].as_json()

    assert set(row) == {
        "uscc",
        "name",
        "tier",
        "status",
        "score",
        "confidence",
        "valid_until",
        "categories",
        "townships",
        "reasons",
        "evidence",
    }
    assert row["score"] == {
        "total": 69.0,
        "delivery_quality": 48.0,
        "innovation": 21.0,
        "low": None,
        "high": None,
    }
    assert set(row["reasons"][0]) == {"code", "text", "evidence"}
    assert row["evidence"] == {"deliveries": 6, "villages": 3, "courses": 2, "modules": 1}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize(
    "url", ["/recommendations/", "/recommendations/?order=tier", "/providers/"]
)
def test_list_pages_carry_the_disclaimer(world, market, url, language):
    page = world.client(language=language).get(url)

    assert page.status_code == 200
    assert DISCLAIMER in page.text
    assert market[3].name in page.text


def test_list_with_nonsense_in_the_address_shows_everybody(world, market):
    page = world.client().get("/recommendations/?tier=Z&order=best&after=x&category=none")

    assert page.status_code == 200
    assert all(firm.name in page.text for firm in market[1:])


def test_list_of_equal_totals_shows_a_tie(world, market):
    ProviderListing.objects.filter(organisation=market[1]).update(tier="B", tier_rank=2, total=6899)

    page = world.client().get("/recommendations/?order=tier")

    assert page.text.count('class="hy-tie"') == 1


@pytest.mark.parametrize("rows", [1, 3])
def test_list_takes_four_queries(world, market, queries, rows):
    kept = ProviderListing.objects.order_by("pk").values_list("pk", flat=True)[:rows]
    ProviderListing.objects.exclude(pk__in=list(kept)).delete()
    client = world.client()
    client.get("/recommendations/")

    with queries(4):
        client.get("/recommendations/")


def test_export_neutralises_formulas_and_keeps_codes(world, market):
    page = world.client().get("/recommendations/export.csv?order=tier")

    text = page.content.decode("utf-8-sig")
    rows = list(csv.reader(StringIO(text)))
    assert page.content.startswith(b"\xef\xbb\xbf")
    assert rows[0] == [DISCLAIMER]
    assert [row[1] for row in rows[3:]] == [
        "'=示例公式有限公司",
        market[0].name,
        market[1].name,
        market[3].name,
    ]
    assert rows[3][0] == f"\t{market[2].uscc}"
    assert rows[4][4:7] == ["69.00", "48.00", "21.00"]


@pytest.mark.parametrize(
    ("language", "header", "cells"),
    [
        (
            "zh-hans",
            ["统一社会信用代码", "服务商", "等级", "状态", "总分"],
            {"B 级", "C 级", "A 级", "未评价"},
        ),
        (
            "en",
            ["Unified social credit code", "Provider", "Tier", "Status", "Total"],
            {"Tier B", "Tier C", "Tier A", "Not graded"},
        ),
    ],
)
def test_export_speaks_the_reader_s_language(world, market, language, header, cells):
    page = world.client(language=language).get("/recommendations/export.csv")

    rows = list(csv.reader(StringIO(page.content.decode("utf-8-sig"))))
    assert rows[0] == [DISCLAIMER]
    assert rows[2][:5] == header
    assert {row[2] for row in rows[3:]} == cells
    signs = {sign for row in rows[3:] for sign in ("；", "; ") if sign in row[12]}
    assert signs == {"；" if language == "zh-hans" else "; "}


def test_export_keeps_the_filters(world, market):
    page = world.client().get("/recommendations/export.csv?tier=A")

    rows = list(csv.reader(StringIO(page.content.decode("utf-8-sig"))))
    assert [row[1] for row in rows[3:]] == ["'=示例公式有限公司"]


@pytest.mark.parametrize("place", [0, 3])
def test_provider_page_shows_grade_and_reasons(world, market, place):
    page = world.client().get(f"/providers/{market[place].uscc}/")

    assert page.status_code == 200
    assert DISCLAIMER in page.text
    assert ("/verify/HYPJ-" in page.text) == (place == 0)
    assert "/workspace/x/" not in page.text


def test_provider_page_of_an_unknown_code_is_missing(world):
    assert world.client().get("/providers/x/").status_code == 404


def test_rubric_page_prints_weights_lines_and_scales(world, market):
    page = world.client(language="en").get("/rubrics/county-dsp/0.1.0/")

    assert page.status_code == 200
    assert "Delivery quality: 70 points" in page.text
    assert "Total from 80" in page.text
    assert "40%: 0 points" in page.text


def test_rubric_page_prints_what_people_decided(world, django_assert_num_queries):
    from certification.services.rubrics import DELIVERY_RUBRIC
    from tests.certification.rounds import planned

    planned(world, source=DELIVERY_RUBRIC)
    client = world.client(language="en")
    client.get("/rubrics/county-dsp/0.2.0/")
    with django_assert_num_queries(2):
        page = client.get("/rubrics/county-dsp/0.2.0/")
    found = dict(page.context["found"].settings)

    assert found["Probability to climb to a tier (γ)"] == "0.8"
    assert found["Probability to keep a tier"] == "0.5"
    assert found["Failing rounds before a tier is lost"] == "2"
    assert found["Delivery-equivalents of a confirmed tier"] == "5"
    assert found["Accepting villages of tier A"] == "3"
    assert found["Delivery-equivalents of one village at most (K)"] == "4"
    assert found["Half-life of a delivery's weight, months"] == "18"
    assert found["Deliveries count for, months"] == "36"
    assert found["Variance σ² of one firm's deliveries"].startswith("144 (fixed on ")
    assert found["Variance τ² between firms"].startswith("64 (fixed on ")
    assert found["Prior mean μ of delivery quality, points of 100"].startswith("70 (fixed on ")
    assert "Settings that people decided" in page.text


def test_rubric_page_says_no_prior_before_a_round_is_planned(world):
    from certification.services.rubrics import DELIVERY_RUBRIC, adopt_rubric

    adopt_rubric(
        source=DELIVERY_RUBRIC, effective_from=date(2026, 1, 1), actor=world.lead, now=world.now
    )
    page = world.client(language="en").get("/rubrics/county-dsp/0.2.0/")
    assert not [words for words, _ in page.context["found"].settings if "σ²" in words]


def test_rubric_page_of_points_alone_has_no_such_settings(world, market):
    page = world.client(language="en").get("/rubrics/county-dsp/0.1.0/")
    assert page.context["found"].settings == []


def test_rubric_page_of_an_unknown_version_is_missing(world, market):
    assert world.client().get("/rubrics/county-dsp/9.9.9/").status_code == 404


def test_officer_s_list_opens_by_tier_and_shows_everybody(world, market):
    page = world.client("officer").get("/workspace/needs/")

    assert page.status_code == 200
    assert page.text.index(market[2].uscc) < page.text.index(market[0].uscc)
    assert all(firm.uscc in page.text for firm in market)


def test_home_shows_grades_in_effect(world, market):
    from certification.wagtail_hooks import home_grades

    assert home_grades(None)["stats"][0]["value"] == 3


def test_list_marks_what_held_a_firm_back_with_another_sign(world, market):
    page = world.client().get("/recommendations/")

    weak = next(row for row in page.context["page"].rows if row.tier == "C")
    codes = {reason["code"] for reason in weak.reasons}
    assert {"minimum"} == codes & SHORTFALLS
    assert page.text.count("#i-minus") == sum(
        reason["code"] in SHORTFALLS for row in page.context["page"].rows for reason in row.reasons
    )

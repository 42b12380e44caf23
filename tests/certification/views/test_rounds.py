from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from certification.domain.conformance import SHIPPED
from certification.models import AssessmentRound, Grade, Scorecard
from certification.services.rounds import freeze_evidence, plan_round, score_round
from certification.services.rubrics import adopt_rubric
from portal.services.audit import publish_anchor
from tests.certification.rounds import (
    MIDDLE,
    NEW,
    SINCE,
    STRONG,
    UNTIL,
    WEAK,
    Known,
    effective,
    evidence,
    noticed,
    planned,
    scored,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def firm(world):
    return world.organisation("owner")


@pytest.fixture
def firm2(world):
    return world.organisation("owner2")


def test_rounds_page_lists_rounds(world):
    client = world.client("lead")
    empty = client.get("/workspace/rounds/")
    assessment = planned(world)
    full = client.get("/workspace/rounds/")

    assert empty.status_code == 200
    assert assessment.number in full.text


def test_rounds_page_pages_by_key(world):
    rounds = [planned(world, f"第 {n} 轮") for n in range(21)]
    client = world.client("lead")

    first = client.get("/workspace/rounds/")
    second = client.get(f"/workspace/rounds/?after={rounds[1].pk}")

    assert f"after={rounds[1].pk}" in first.text
    assert rounds[0].number in second.text


def test_plan_form_plans_a_round(world):
    rubric = planned(world).rubric
    client = world.client("lead")
    assert client.get("/workspace/rounds/plan/").status_code == 200

    answer = client.post(
        "/workspace/rounds/plan/",
        {"title": "第 2 轮", "rubric": rubric.pk, "since": "2026-01-01", "until": "2026-06-30"},
    )

    assert answer.status_code == 302
    assert AssessmentRound.objects.filter(title="第 2 轮", state="planned").count() == 1


def test_plan_form_with_a_wrong_period_keeps_what_was_typed(world):
    rubric = planned(world).rubric

    answer = world.client("lead").post(
        "/workspace/rounds/plan/",
        {"title": "第 2 轮", "rubric": rubric.pk, "since": "2026-07-01", "until": "2026-06-30"},
    )

    assert answer.status_code == 422
    assert "第 2 轮" in answer.text


def test_round_page_in_every_state(world, firm, firm2):
    client = world.client("lead")
    rounds = [
        planned(world),
        scored(world, {firm: STRONG, firm2: NEW}, title="第 2 轮"),
        noticed(world, {firm: WEAK, firm2: NEW}, title="第 3 轮"),
    ]

    for assessment in rounds:
        assert client.get(f"/workspace/rounds/{assessment.pk}/").status_code == 200


@pytest.mark.parametrize("count", [1, 3])
def test_round_page_takes_a_fixed_number_of_queries(world, firm, firm2, queries, count):
    from config.demo.cast import firm_code
    from portal.services.accounts import register_organisation

    third = register_organisation(
        kind="firm", name="示例软件己有限公司", uscc=firm_code(12), actor=None, now=world.now
    )
    firms = dict(list({firm: STRONG, firm2: MIDDLE, third: WEAK}.items())[:count])
    assessment = scored(world, firms)
    client = world.client("lead")
    client.get(f"/workspace/rounds/{assessment.pk}/")

    with queries(15):
        client.get(f"/workspace/rounds/{assessment.pk}/")


def test_lead_walks_a_round_to_its_end(world, firm, monkeypatch):
    assessment = scored(world, {firm: STRONG})
    client = world.client("lead")
    page = f"/workspace/rounds/{assessment.pk}/"

    def version():
        return AssessmentRound.objects.values_list("version", flat=True).get(pk=assessment.pk)

    answer = client.post(
        f"{page}propose/", {f"decision-{firm.pk}": "confirmed", "version": version()}
    )
    assert answer.status_code == 302
    assert client.post(f"{page}step/notice/", {"version": version()}).status_code == 302
    early = client.post(f"{page}step/effect/", {"version": version()}, follow=True)
    assert AssessmentRound.objects.get(pk=assessment.pk).state == "public_notice"
    assert "hy-banner is-bad" in early.text
    later = timezone.now() + timedelta(days=60)
    monkeypatch.setattr("certification.views.rounds.timezone.now", lambda: later)
    client = world.client("lead")
    client.post(f"{page}step/effect/", {"version": version()})

    assert Grade.objects.get().tier == "A"


@pytest.mark.parametrize(
    ("language", "words"),
    [("zh-hans", "确认：A 级"), ("en", "Confirm: Tier A")],
)
def test_decisions_are_not_preset_and_name_the_computed_tier(world, firm, language, words):
    assessment = scored(world, {firm: STRONG})
    client = world.client("lead", language)
    page = client.get(f"/workspace/rounds/{assessment.pk}/")

    answer = client.post(f"/workspace/rounds/{assessment.pk}/propose/", {})

    field = page.context["form"][f"decision-{firm.pk}"]
    assert (field.value(), words in page.text) == (None, True)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field.name])
    assert Scorecard.objects.get().decision == "undecided"


def test_hold_without_a_reason_shows_the_error_at_its_row(world, firm):
    assessment = scored(world, {firm: STRONG})

    answer = world.client("lead").post(
        f"/workspace/rounds/{assessment.pk}/propose/", {f"decision-{firm.pk}": "held"}
    )

    assert answer.status_code == 422
    assert Scorecard.objects.get().decision == "undecided"


def test_hold_with_a_reason_is_recorded(world, firm):
    assessment = scored(world, {firm: STRONG})

    world.client("lead").post(
        f"/workspace/rounds/{assessment.pk}/propose/",
        {f"decision-{firm.pk}": "held", f"reason-{firm.pk}": "佐证待核"},
    )

    card = Scorecard.objects.get()
    assert (card.decision, card.decision_reason) == ("held", "佐证待核")


def test_unknown_step_is_missing(world):
    assessment = planned(world)

    answer = world.client("lead").post(f"/workspace/rounds/{assessment.pk}/step/skip/")

    assert answer.status_code == 404


def test_cancel_form_asks_for_a_reason(world):
    assessment = planned(world)
    client = world.client("lead")
    page = f"/workspace/rounds/{assessment.pk}/cancel/"

    assert client.get(page).status_code == 200
    assert client.post(page, {"reason": " "}).status_code == 422
    assert client.post(page, {"reason": "改期", "version": 1}).status_code == 302
    assert AssessmentRound.objects.get().state == "cancelled"


def test_lead_reads_a_scorecard(world, firm):
    assessment = scored(world, {firm: STRONG | {"on_time_rate": 2}})
    card = Scorecard.objects.get()

    page = world.client("lead").get(f"/workspace/rounds/{assessment.pk}/scorecards/{card.pk}/")

    assert page.status_code == 200
    assert card.evidence_digest in page.text


DELIVERY = {
    "acceptance": "first_pass",
    "rubric_mean": 3.2,
    "delay_ratio": 0.05,
    "village_id": "v0",
    "accepted_on": "2026-06-01",
}


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "zh-hans",
            ("第 1 项", "2026年6月1日 · 距评价日 5.0 个月 · 权重 0.83", "等待必需的评价结果"),
        ),
        ("en", ("Item 1", "1 Jun 2026 · 5.0 months old · weight 0.83", "waits for a required")),
    ],
)
def test_scorecard_explains_every_delivery(world, firm, language, words):
    rubric = adopt_rubric(
        source=SHIPPED / "county_dsp_v1_0_1.json",
        effective_from=SINCE,
        actor=world.lead,
        now=world.now,
    )
    assessment = plan_round(
        title="第 1 轮", rubric=rubric, since=SINCE, until=UNTIL, actor=world.lead, now=world.now
    )
    given = [DELIVERY, DELIVERY | {"village_id": "v1"}, DELIVERY | {"rubric_mean": None}]
    known = evidence(NEW) | {"fields": {"deliveries": given, "modules_accepted": 2}}
    freeze_evidence(
        assessment=assessment,
        actor=world.lead,
        now=world.now,
        organisations=[firm],
        gather=lambda ids, _since, _until: dict.fromkeys(ids, known),
    )
    score_round(assessment=assessment, actor=world.lead, now=world.now)
    card = Scorecard.objects.get()
    place = f"/workspace/rounds/{assessment.pk}/scorecards/{card.pk}/"

    page = world.client("lead", language).get(place)
    method = world.client(language=language).get("/rubrics/county-dsp/1.0.1/")

    assert [word for word in words if word not in page.text] == []
    assert (page.status_code, method.status_code) == (200, 200)
    assert rubric.content["tree"]["children"][0]["label"]["zh" if language != "en" else "en"] in (
        method.text
    )


def test_grade_pages_end_a_grade(world, firm):
    (grade,) = effective(world, {firm: MIDDLE})
    client = world.client("lead")
    page = f"/workspace/grades/{grade.pk}/"

    assert client.get(page).status_code == 200
    assert client.get(f"{page}revoke/").status_code == 200
    assert client.get(f"{page}forget/").status_code == 404
    assert client.post(f"{page}revoke/", {"reason": "x"}).status_code == 422
    answer = client.post(
        f"{page}revoke/", {"reason": "不实", "may_reapply_on": "2028-01-01", "version": 1}
    )

    assert answer.status_code == 302
    assert Grade.objects.get().state == "revoked"
    assert "/revoke/" not in client.get(page).text


def test_firm_reads_its_own_scorecard_once_proposed(world, firm):
    client = world.client("owner")
    scored(world, {firm: MIDDLE}, title="第 1 轮")
    before = client.get("/workspace/scorecard/")
    noticed(world, {firm: MIDDLE}, title="第 2 轮")
    anchor = publish_anchor(now=world.now)
    after = client.get("/workspace/scorecard/")

    assert "第 1 轮" not in before.text
    assert anchor.root in after.text
    assert "第 2 轮" in after.text
    assert "/workspace/x/" in after.text


def test_firm_never_reads_another_s_scorecard(world, firm, firm2):
    noticed(world, {firm2: STRONG}, title="第 2 轮")

    page = world.client("owner").get(f"/workspace/scorecard/?firm={firm2.pk}")

    assert firm2.name not in page.text


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_scorecard_of_an_ungraded_firm_says_what_is_missing(world, firm, language):
    noticed(world, {firm: NEW}, title="第 2 轮")

    page = world.client("owner", language).get("/workspace/scorecard/")

    assert page.status_code == 200
    assert 'href="#acceptance"' in page.text


def test_assess_freezes_scores_and_reports(world, firm, monkeypatch):
    assessment = planned(world)
    known = Known({firm.pk: STRONG})
    monkeypatch.setattr(
        "certification.management.commands.assess.freeze_evidence",
        lambda **values: __import__(
            "certification.services.rounds", fromlist=["freeze_evidence"]
        ).freeze_evidence(organisations=[firm], gather=known, **values),
    )
    out = StringIO()

    call_command("assess", assessment.number, stdout=out)
    call_command("assess", str(assessment.pk), stdout=out)

    assert "scored 1 of 1" in out.getvalue()
    assert out.getvalue().count("A         96.00") == 2
    assert AssessmentRound.objects.get().state == "draft_result"


def test_assess_without_admitted_firms_says_so(world):
    assessment = planned(world)

    with pytest.raises(CommandError):
        call_command("assess", assessment.number)


def test_assess_of_an_unknown_round_says_so(world):
    with pytest.raises(CommandError, match="no round"):
        call_command("assess", "HYPC-1")

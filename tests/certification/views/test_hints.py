"""What the lead is shown for a closer look; it changes no score."""

from datetime import timedelta

import pytest

from certification.selectors.hints import round_hints
from certification.selectors.scorecards import round_cards
from certification.services.rubrics import DELIVERY_RUBRIC
from portal.models import Region
from tests.certification.rounds import STRONG, UNTIL, delivered, scored

pytestmark = pytest.mark.django_db

POOR = {"acceptance": "conditional", "technical_mean": 1.0, "on_time": False, "time_cut": 0.0}
GOOD = {"acceptance": "first_pass", "technical_mean": 4.0, "on_time": True, "time_cut": 0.5}


@pytest.fixture
def firm(world):
    return world.organisation("owner")


@pytest.fixture
def firm2(world):
    return world.organisation("owner2")


def deliveries(*rows):
    """Evidence of deliveries: village, whether good, who rated and with which marks."""
    items = [
        {
            "decided_on": (UNTIL - timedelta(days=at)).isoformat(),
            "village": village,
            **(GOOD if good else POOR),
            "rated": {"assessor": who, "marks": marks},
        }
        for at, (village, good, who, marks) in enumerate(rows)
    ]
    return STRONG | {"deliveries": items, "deliveries_accepted": len(items)}


def hints(world, fields, **more):
    assessment = scored(world, fields, source=DELIVERY_RUBRIC, **more)
    found = round_hints(assessment, round_cards(assessment))
    return assessment, [(one.card and one.card.organisation_id, one.text) for one in found]


def lopsided(world, village="630123101200"):
    """Poor deliveries in four villages, six good ones in one, all six rated by one reviewer."""
    reviewer = str(world.people["techreview"].pk)
    weak = [(f"v{at}", False, "", []) for at in range(4)]
    return deliveries(*weak, *[(village, True, reviewer, [4, 4, 4, 4])] * 6)


def test_even_evidence_gives_no_hint(world, firm):
    assert hints(world, {firm: delivered(12)})[1] == []


def test_a_village_and_a_reviewer_on_whom_the_tier_hangs_are_named(world, firm):
    _, found = hints(world, {firm: lopsided(world)})
    village = Region.objects.get(code="630123101200").name
    reviewer = world.people["techreview"]
    texts = " ".join(text for pk, text in found if pk == firm.pk)
    assert f"不计在{village}的交付，等级将为 C 级" in texts
    assert f"等级取决于 {reviewer} 的评分，建议由他人复评第 5、6、7、8、9、10 次交付" in texts


def test_a_village_without_a_name_stands_by_its_code(world, firm):
    _, found = hints(world, {firm: lopsided(world, "nowhere")})
    assert any("不计在nowhere的交付" in text for _, text in found)


def test_few_villages_are_said(world, firm):
    rows = [("v0", True, "", [])] * 3
    _, found = hints(world, {firm: deliveries(*rows)})
    assert found[0] == (firm.pk, "多数交付集中于少数村验收（集中度 1.00，最高为 1）")
    _, found = hints(world, {firm: deliveries(*rows[:2])}, title="第 2 轮")
    assert found == []


def test_a_firm_and_a_village_that_score_far_above_the_rest(world, firm, firm2):
    captured = [("v9", True, "", [])] * 12 + [(f"v{at}", False, "", []) for at in range(8)]
    other = [(f"v{at}", False, "", []) for at in (0, 1, 2, 9, 9, 9)]
    _, found = hints(world, {firm: deliveries(*captured), firm2: deliveries(*other)})
    texts = [text for pk, text in found if pk == firm.pk]
    assert any(
        text.startswith("在v9的 12 次交付平均 100 分（百分制），按其余依据预期为") for text in texts
    )
    assert not any(pk == firm2.pk for pk, _ in found)


def test_a_reviewer_who_mostly_gives_the_best_mark(world, firm):
    reviewer = world.people["techreview"]
    marks = [4, 4, 4, 4, 3]
    rows = [(f"v{at % 4}", True, str(reviewer.pk), marks) for at in range(4)]
    _, found = hints(world, {firm: deliveries(*rows, ("v1", True, "", []))})
    assert found == [
        (None, f"评审人 {reviewer} 在 20 项评分中有 80% 给出最高档，建议对照评分锚点复核")
    ]


def test_a_reviewer_who_is_gone_stands_by_the_id(world, firm):
    rows = [(f"v{at % 4}", True, "999999", [4, 4, 4, 4]) for at in range(5)]
    _, found = hints(world, {firm: deliveries(*rows)})
    assert found[0][1].startswith("评审人 999999 ")


def test_a_plain_rubric_hints_at_no_firm(world, firm):
    assessment = scored(world, {firm: lopsided(world)})
    assert [one.card for one in round_hints(assessment, round_cards(assessment))] == [None]


def test_without_variance_between_firms_no_pair_is_tested(world, firm):
    assessment = scored(world, {firm: delivered(12)}, source=DELIVERY_RUBRIC)
    assessment.prior = assessment.prior | {"tau2": 0.0}
    assert round_hints(assessment, round_cards(assessment)) == []


def test_the_lead_reads_the_hints_and_the_firm_does_not(world, firm):
    assessment, found = hints(world, {firm: lopsided(world)})
    text = world.client("lead").get(f"/workspace/rounds/{assessment.pk}/").text
    assert "建议复核" in text
    assert found[0][1] in text
    even, _ = hints(world, {firm: delivered(12)}, title="第 2 轮")
    assert "建议复核" not in world.client("lead").get(f"/workspace/rounds/{even.pk}/").text


def test_naming_takes_two_queries(world, firm, queries):
    assessment = scored(world, {firm: lopsided(world)}, source=DELIVERY_RUBRIC)
    cards = round_cards(assessment)
    with queries(2):
        round_hints(assessment, cards)


def test_hints_change_no_score(world, firm):
    plain = lopsided(world)
    bare = plain | {
        "deliveries": [
            {k: v for k, v in one.items() if k != "rated"} for one in plain["deliveries"]
        ]
    }
    one = scored(world, {firm: plain}, source=DELIVERY_RUBRIC).scorecards.get()
    two = scored(world, {firm: bare}, title="第 2 轮", source=DELIVERY_RUBRIC).scorecards.get()
    assert one.evidence["fields"] == two.evidence["fields"]
    assert (one.total, one.proposed_tier) == (two.total, two.proposed_tier)
    assert two.result["dependence"]["assessors"] == {}

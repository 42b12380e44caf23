"""The lead tries a rubric on a round's frozen evidence."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from certification.domain.grading import STARTING_PRIOR, History
from certification.domain.posterior import Prior
from certification.models import AssessmentRound, RubricVersion
from certification.selectors.priors import histories_of, trial_priors
from certification.services.rubrics import DELIVERY_RUBRIC
from tests.certification.domain.rubrics import changed, shipped
from tests.certification.rounds import MIDDLE, NEW, STRONG, delivered, effective, planned, scored

pytestmark = pytest.mark.django_db
HIGHER = (("tiers", 0, "when", "all", 0, "value"), 97)


def finished(content):
    from certification.domain.rubric import digest

    return content | {"digest": digest(content)}


def rubric_file(*steps):
    content = finished(changed(shipped("county_dsp_v0_1"), *steps))
    return SimpleUploadedFile("rubric.json", json.dumps(content).encode())


@pytest.fixture
def trial(world):
    fields = {world.organisation("owner"): STRONG, world.organisation("owner2"): MIDDLE}
    assessment = scored(world, fields)
    return world.client("lead"), f"/workspace/rounds/{assessment.pk}/trial/"


def test_higher_line_moves_a_firm_and_says_why(world, trial, django_assert_num_queries):
    client, url = trial
    with django_assert_num_queries(15):
        answer = client.post(url, {"file": rubric_file(HIGHER)})

    (row,) = answer.context["found"].rows
    assert (row.firm, row.before, row.after) == (str(world.organisation("owner")), "A", "B")
    assert row.why == ["未达到：总分 ≥ 97（实为 96）"]
    assert answer.context["found"].without_evidence == []
    assert str(world.organisation("owner")) in answer.text


def test_changed_scale_and_new_gate_are_told(trial):
    client, url = trial
    gate = {
        "id": "villages",
        "require": {"field": "villages_served", "op": "ge", "value": 4},
        "cap": "C",
        "label": {"en": "Four villages", "zh": "四个村"},
    }
    answer = client.post(url, {"file": rubric_file((("gates",), [gate]))})

    assert [row.after for row in answer.context["found"].rows] == ["C", "C"]
    assert any("四个村" in cause for cause in answer.context["found"].rows[0].why)


def test_adopted_rubric_changes_nothing_against_itself(trial):
    client, url = trial
    answer = client.post(url, {"rubric": RubricVersion.objects.get().pk})
    assert (answer.status_code, answer.context["found"].rows) == (200, [])


def test_another_authority_s_rubric_names_evidence_that_nobody_has(trial):
    client, url = trial
    content = json.dumps(shipped("miit_2022_innovative_sme")).encode()
    found = client.post(url, {"file": SimpleUploadedFile("r.json", content)}).context["found"]
    assert len(found.without_evidence) > 5
    assert {row.direction for row in found.rows} == {"不可比"}


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"{", "该评分标准不能使用：(file)"),
        (b"\xff\xfe", "文件不是 UTF-8 编码的文本。"),
        (b" " * (1024 * 1024 + 1), "文件超过 1 MB。"),
    ],
)
def test_unusable_file_is_refused_at_the_field(trial, content, fault):
    client, url = trial
    answer = client.post(url, {"file": SimpleUploadedFile("rubric.json", content)})
    assert answer.status_code == 422
    assert fault in answer.context["form"].errors["file"][0]


def test_one_of_rubric_and_file_is_needed(trial):
    client, url = trial
    both = {"rubric": RubricVersion.objects.get().pk, "file": rubric_file()}
    for data in ({"rubric": ""}, both):
        assert client.post(url, data).status_code == 422
    answer = client.post(url, {"rubric": 0})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["rubric"])


def test_round_without_frozen_evidence_has_nothing_to_try(world, trial):
    client, url = trial
    assert client.get(url).status_code == 200
    other = planned(world, "第 2 轮")
    assert client.get(f"/workspace/rounds/{other.pk}/trial/").status_code == 404
    assert url not in client.get(other.get_absolute_url()).text
    assert url in client.get(url.removesuffix("trial/")).text


def test_unrated_firm_is_tried_too(world, django_assert_num_queries):
    assessment = scored(world, {world.organisation("owner"): NEW})
    client = world.client("lead")
    with django_assert_num_queries(15):
        answer = client.post(
            f"/workspace/rounds/{assessment.pk}/trial/", {"file": rubric_file(HIGHER)}
        )
    assert [tile["value"] for tile in answer.context["found"].tiles] == [1, 0, 0, 0, 0]


def test_trial_gives_what_the_round_gave(world):
    """A round by probability, in effect: the tier held before it counts, not the one it gave."""
    firm = world.organisation("owner")
    effective(world, {firm: delivered(10)}, source=DELIVERY_RUBRIC)
    weak = delivered(10, technical_mean=1.0, acceptance="conditional")
    effective(world, {firm: weak}, title="第 2 轮", source=DELIVERY_RUBRIC)
    second = AssessmentRound.objects.order_by("-pk").first()
    url = f"/workspace/rounds/{second.pk}/trial/"
    own = shipped("county_dsp_v0_2")

    def tried(*steps):
        content = json.dumps(finished(changed(own, *steps))).encode()
        answer = world.client("lead").post(url, {"file": SimpleUploadedFile("r.json", content)})
        return answer.context["found"].rows

    assert tried((("version",), "0.2.1")) == []
    (row,) = tried((("confidence", "demotion_runs"), 1))
    assert (row.before, row.after) == ("A", "C")
    assert row.why[0].startswith("达到A级的概率为")


def test_a_plain_round_tried_by_probability_knows_the_tier_before_it(world):
    firm = world.organisation("owner")
    effective(world, {firm: MIDDLE | {"deliveries": delivered(10)["deliveries"]}})
    first = AssessmentRound.objects.get()
    (card,) = first.scorecards.all()
    assert histories_of(first, [card]) == {}

    effective(world, {firm: STRONG}, title="第 2 轮")
    second = AssessmentRound.objects.order_by("-pk").first()
    assert histories_of(second, list(second.scorecards.all())) == {firm.pk: History("B", 0)}


def test_priors_of_a_trial(world):
    by_delivery = planned(world, source=DELIVERY_RUBRIC)
    plain = planned(world, "第 2 轮")
    own, other = shipped("county_dsp_v0_2"), shipped("county_dsp_v0_1")
    by_delivery.prior = {"mu": 75.0, "sigma2": 100.0, "tau2": 50.0}
    frozen = Prior(75.0, 100.0, 50.0)
    assert trial_priors(by_delivery, own) == (frozen, frozen)
    assert trial_priors(plain, own) == (STARTING_PRIOR, STARTING_PRIOR)
    assert trial_priors(by_delivery, other | {"id": "x"}) == (frozen, STARTING_PRIOR)

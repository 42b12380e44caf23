"""Chapter 4 of the demo: project calls, and consortia whose every partner consents."""

from datetime import timedelta

from config.demo.cast import BODIES, create_body
from config.demo.clock import Clock
from config.demo.people import People
from incubator.models import Call, Proposal, ProposalReview
from incubator.services import call_results, calls, proposal_reviews, proposals

NARRATIVE = "方案回应了需求中的三个难点，分工清楚，各方任务与能力相符，进度和经费安排合理可行。"
CRITERIA = ("need_fit", "approach", "division_of_tasks", "plan_and_cost")


def publish(people: People, clock: Clock, title: str, need: str, category: str) -> Call:
    """Write a call for the department, have it checked and publish it."""
    owner, staff = people["callowner"], people["staff"]
    call = calls.create_call(
        owner=create_body(BODIES["department"], now=clock.now),
        actor=owner,
        now=clock.now,
        title=title,
        need=need,
        category=category,
        opens_on=clock.day,
        questions_until=clock.day + timedelta(days=12),
        closes_on=clock.day + timedelta(days=21),
    )
    call = calls.send_to_check(call=call, actor=owner, now=clock.now)
    call = calls.approve_call(call=call, actor=staff, now=clock.now)
    return calls.publish_call(call=call, actor=owner, now=clock.now)


def propose(people: People, clock: Clock, call: Call, firm: int, *, submit: bool) -> Proposal:
    """Have a firm and the institute propose together."""
    owner, lead = people.owners[firm], people.firms[firm]
    institute = create_body(BODIES["institute"], now=clock.now)
    proposal = proposals.create_proposal(
        call=call,
        lead=lead,
        title=f"{lead.name.removesuffix('有限公司')}联合体方案",
        summary="在三个村先行验证，再向全县推广；数据留在县政务云，接口公开。",
        lead_share="系统开发、部署与培训",
        plan="第一个月调研，第二、三个月开发，第四个月试运行，第五个月验收。",
        actor=owner,
        now=clock.now,
    )
    proposals.add_partner(
        proposal=proposal,
        uscc=institute.uscc,
        task_share="算法研究与效果评估",
        actor=owner,
        now=clock.now,
    )
    proposal = proposals.ask_partners(
        proposal=Proposal.objects.get(pk=proposal.pk), actor=owner, now=clock.now
    )
    if not submit:
        return proposal
    proposals.consent(partner=proposal.partners.get(), actor=people["institute"], now=clock.now)
    fresh = Proposal.objects.get(pk=proposal.pk)
    return proposals.submit_proposal(proposal=fresh, actor=owner, now=clock.now)


def select(people: People, clock: Clock, call: Call, chosen: Proposal, other: Proposal) -> None:
    """Close the call, have both proposals reviewed, select one, wait for the notice, award."""
    staff = people["staff"]
    clock.until(call.closes_on + timedelta(days=1))
    call = call_results.open_evaluation(call=call, actor=staff, now=clock.now)
    for review in ProposalReview.objects.filter(proposal__call=call).select_related("reviewer"):
        mark = 4 if review.proposal_id == chosen.pk else 3
        proposal_reviews.submit_review(
            review=review,
            scores=dict.fromkeys(CRITERIA, mark),
            narrative=NARRATIVE,
            no_conflict=True,
            actor=review.reviewer,
            now=clock.now,
        )
    call = call_results.decide_call(
        call=Call.objects.get(pk=call.pk),
        proposal=Proposal.objects.get(pk=chosen.pk),
        reason="两位评审均给出最高分，方案对弱网环境考虑最充分。",
        feedback={other.pk: "方案完整，弱网环境下的处理还可以再细化，欢迎参加下一批。"},
        actor=people["callowner"],
        now=clock.now,
    )
    clock.until(call.notice.closes_on + timedelta(days=1))
    call_results.award_call(call=Call.objects.get(pk=call.pk), actor=staff, now=clock.now)


def finished_call(people: People, clock: Clock) -> None:
    """Play one call from publication to award."""
    call = publish(
        people,
        clock,
        "低带宽环境下的村务公开与质询答复",
        "偏远村网络不稳定，希望断网时也能公开、质询和答复，恢复后自动同步，不丢不重。",
        "disclosure",
    )
    question = calls.ask_question(
        call=call, text="是否可以使用村里已有的平板电脑？", actor=people.owners[5], now=clock.now
    )
    calls.answer_question(
        question=question,
        answer="可以，每村有一台安卓平板，版本不低于 10。",
        actor=people["callowner"],
        now=clock.now,
    )
    clock.until(clock.day + timedelta(days=10))
    chosen = propose(people, clock, call, 3, submit=True)
    other = propose(people, clock, call, 9, submit=True)
    select(people, clock, call, chosen, other)


def open_call(people: People, clock: Clock) -> None:
    """Leave a call open with a question to answer and a partner to consent."""
    call = publish(
        people,
        clock,
        "牧区冬季防火巡护智能识别",
        "在日月藏族乡等地，利用巡护照片识别烟点，降低误报，支持藏汉双语提示。",
        "emergency",
    )
    calls.ask_question(
        call=call,
        text="巡护照片由哪个部门提供，是否已经脱敏？",
        actor=people.owners[10],
        now=clock.now,
    )
    propose(people, clock, call, 5, submit=False)

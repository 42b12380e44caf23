"""Cloud resources of the demo: three pools, grants of five firms, their use, what waits."""

from datetime import date
from decimal import Decimal

from config.demo.clock import Clock
from config.demo.people import People
from incubator.domain.quota import UsageRow, month_of
from incubator.models import ResourcePool, ResourceRequest
from incubator.services import pools, quota

POOLS = (
    ("gpu", "gpu", "县级智算池", "County GPU pool", 600, "训练与推理任务，按 GPU 小时计量。"),
    ("storage", "storage", "对象存储", "Object storage", 4_000, "交付物与训练数据，按月占用计量。"),
    ("sms", "sms", "短信通道", "Text messages", 20_000, "仅限村级事项办理通知。"),
)
"""Code, kind, titles, capacity a month, what firms should know."""
WISHES = (
    (1, "gpu", 100, 100, "票据识别模型训练，每周一次，每次约 25 小时。"),
    (1, "storage", 500, 500, "三个村的交付物与训练图片。"),
    (2, "sms", 6_000, 4_000, "惠农补贴公示与办结通知，约 1500 户。"),
    (5, "gpu", 160, 120, "重复上报识别，按日增量训练。"),
    (9, "storage", 800, 800, "航拍影像切片。"),
)
"""Firm, pool, asked and approved a month, purpose."""
USED = (85, 210, 1_250, 120, 860)
"""What each grant has used in its first month, in the order of ``WISHES``."""
MONTHS = 6


def open_pools(people: People, clock: Clock) -> dict[str, ResourcePool]:
    """Open the pools with capacity for a year."""
    opened = {}
    for code, kind, title, title_en, capacity, note in POOLS:
        opened[code] = pools.create_pool(
            code=code,
            kind=kind,
            title=title,
            title_en=title_en,
            note=note,
            actor=people["resources"],
            now=clock.now,
        )
        pools.set_capacity(
            pool=opened[code],
            first_month=month_of(clock.day),
            months=12,
            capacity=Decimal(capacity),
            actor=people["resources"],
            now=clock.now,
        )
    return opened


def ask(
    people: People, clock: Clock, firm: int, pool: ResourcePool, *, amount: int, purpose: str
) -> ResourceRequest:
    """Have a firm's signer ask for an amount a month."""
    return quota.request_resources(
        firm=people.firms[firm],
        pool=pool,
        amount=Decimal(amount),
        first_month=month_of(clock.day),
        months=MONTHS,
        purpose=purpose,
        actor=people.owners[firm],
        now=clock.now,
    )


def grant(people: People, clock: Clock) -> list[ResourceRequest]:
    """Open the pools, approve what firms ask for, in full or in part, and set it up."""
    opened = open_pools(people, clock)
    manager = people["resources"]
    granted = []
    for firm, code, asked, approved, purpose in WISHES:
        request = ask(people, clock, firm, opened[code], amount=asked, purpose=purpose)
        request = quota.approve(
            request=request,
            amount=Decimal(approved),
            note="" if approved == asked else "先按八成核定，视使用情况再调整。",
            actor=manager,
            now=clock.now,
        )
        granted.append(
            quota.provision(
                request=request,
                account=f"hy-firm{firm}-{code}",
                access_note="登录县级云平台控制台，项目名同账户名。",
                actor=manager,
                now=clock.now,
            )
        )
    return granted


def use(granted: list[ResourceRequest], day: date, people: People, clock: Clock) -> None:
    """Record what the cloud reports of a day, and leave two requests at people's doors."""
    rows = [
        UsageRow(f"{request.account}-{day:%Y%m%d}", request.number, day, Decimal(amount))
        for request, amount in zip(granted, USED, strict=True)
    ]
    pools.record_usage(rows=rows, source="csv", actor=people["resources"], now=clock.now)
    gpu, storage = granted[0].pool, granted[1].pool
    ask(people, clock, 3, gpu, amount=200, purpose="语音转写，两个试点村的会议记录。")
    question = ask(people, clock, 2, storage, amount=300, purpose="补贴名册与公示照片。")
    quota.ask(
        request=question,
        reason="公示照片可压缩后存放，请说明 300 GB 的测算依据。",
        actor=people["resources"],
        now=clock.now,
    )

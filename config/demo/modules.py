"""Chapter 2 of the demo: shared modules, three of the county and one of a firm, downloaded."""

from collections.abc import Callable
from dataclasses import dataclass

from django.core.files.base import ContentFile

from config.demo.clock import Clock
from config.demo.people import People
from config.demo.wheels import (
    build_wheel,
    case_log_wheel,
    divisions_wheel,
    uscc_check_wheel,
    wheel_name,
)
from incubator.models import ModuleRelease
from incubator.services import modules

DEDUP = '''\
"""Find reports of the same thing: similarity of short Chinese texts by character pairs."""


def pairs(text):
    """Return the set of neighbouring characters of a text without spaces."""
    letters = "".join(text.split())
    return {letters[place : place + 2] for place in range(len(letters) - 1)}


def similarity(one, other):
    """Return the Jaccard similarity of two texts, 0 to 1."""
    left, right = pairs(one), pairs(other)
    together = left | right
    return len(left & right) / len(together) if together else 0.0


def duplicates(texts, least=0.6):
    """Return (place, place, similarity) of every two texts that are at least so similar."""
    found = []
    for place, one in enumerate(texts):
        for other in range(place + 1, len(texts)):
            share = similarity(one, texts[other])
            if share >= least:
                found.append((place, other, round(share, 3)))
    return found
'''
USERS = {
    "hy-uscc-check": (1, 2, 3, 5, 9, 11),
    "hy-report-dedup": (1, 5, 9),
    "hy-case-log": (1, 2, 3, 9),
    "hy-divisions": (1, 3, 5),
}


@dataclass(frozen=True)
class CountyModule:
    """What the county says of a module of its own, and its wheel."""

    words: dict[str, str]
    wheel: Callable[[], bytes]


COUNTY = (
    CountyModule(
        {
            "name": "hy-uscc-check",
            "title": "统一社会信用代码校验",
            "title_en": "USCC check",
            "summary": "按 GB 32100-2015 校验统一社会信用代码，含内嵌组织机构代码校验位。",
            "summary_en": "Checks unified social credit codes by GB 32100-2015.",
            "example": (
                "from hy_uscc_check import is_valid_uscc\nis_valid_uscc('91110000802100433B')"
            ),
        },
        uscc_check_wheel,
    ),
    CountyModule(
        {
            "name": "hy-case-log",
            "title": "办件日志指标",
            "title_en": "Case log measures",
            "summary": "读取办件日志（CSV、XES），计算办理时长、返工、路径等指标，与门户口径一致。",
            "summary_en": "Reads case logs (CSV, XES) and computes throughput times, rework and "
            "variants exactly as the portal does.",
            "example": (
                "from hy_case_log import measure, read\n"
                "measure(read('cases.csv'))['throughput_seconds']"
            ),
        },
        case_log_wheel,
    ),
    CountyModule(
        {
            "name": "hy-divisions",
            "title": "湟源县行政区划查询",
            "title_en": "Divisions of Huangyuan",
            "summary": "离线查询湟源县 166 个区划的代码、名称与隶属关系。"
            "数据来源：国家统计局统计用区划代码，截至 2023 年 6 月 30 日。",
            "summary_en": "Looks up codes, names and parents of the county's divisions, offline. "
            "Data: National Bureau of Statistics, as of 30 June 2023.",
            "example": "from hy_divisions import full_name, search\nfull_name('630123101200')",
        },
        divisions_wheel,
    ),
)


def dedup_wheel(version: str = "1.0.0") -> bytes:
    """Return the wheel of ``hy-report-dedup``."""
    return build_wheel(
        "hy-report-dedup",
        version,
        "Find reports of the same thing",
        {"hy_report_dedup/__init__.py": DEDUP},
    )


def publish_modules(people: People, clock: Clock) -> None:
    """Publish the modules and have admitted firms download them."""
    for module in COUNTY:
        county = modules.create_module(
            **module.words,
            licence="MulanPSL-2.0",
            contact="incubator@demo.example",
            actor=people["resources"],
            now=clock.now,
        )
        release(county, module.wheel(), people["resources"], people, clock)
    firm = modules.create_module(
        name="hy-report-dedup",
        title="重复上报识别",
        title_en="Duplicate report finder",
        summary="按相邻汉字计算短文本相似度，找出随手拍、网格事件中的重复上报。",
        summary_en="Finds duplicate reports by the similarity of short Chinese texts.",
        licence="MulanPSL-2.0",
        contact="firm3@demo.example",
        example="from hy_report_dedup import duplicates\nduplicates(['路灯坏了', '路灯坏掉'])",
        owner=people.firms[3],
        actor=people.owners[3],
        now=clock.now,
    )
    release(firm, dedup_wheel(), people.owners[3], people, clock)
    for found in ModuleRelease.objects.select_related("module"):
        for number in USERS[found.module.name]:
            modules.download_release(
                release=found,
                actor=people.owners[number],
                organisation=people.firms[number],
                now=clock.now,
            )


def release(
    module: modules.SharedModule, wheel: bytes, author: object, people: People, clock: Clock
) -> None:
    """Hand in version 1.0.0 and publish it after review."""
    upload = ContentFile(wheel, name=wheel_name(module.name, "1.0.0"))
    handed_in = modules.submit_release(
        module=module,
        upload=upload,
        actor=author,
        now=clock.now,  # type: ignore[arg-type]
    )
    modules.publish_release(release=handed_in, actor=people["staff"], now=clock.now)

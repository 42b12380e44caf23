"""Chapter 2 of the demo: shared modules, three of the county and one of a firm, downloaded."""

from collections.abc import Callable
from dataclasses import dataclass

from django.core.files.base import ContentFile

from config.demo.clock import Clock
from config.demo.module_files import MATTERS_SQL, bundle, image, safetensors
from config.demo.people import People
from config.demo.wheels import (
    build_wheel,
    case_log_wheel,
    divisions_wheel,
    uscc_check_wheel,
    wheel_name,
)
from incubator.models import ModuleRelease
from incubator.services import module_files, modules

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
    "hy-village-matters": (1,),
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
    release_files(people, clock)
    for found in ModuleRelease.objects.select_related("module").prefetch_related("files"):
        for number in USERS[found.module.name]:
            take(found, number, people, clock)


def take(found: ModuleRelease, number: int, people: People, clock: Clock) -> None:
    """Have a firm download a release: its package, else its files."""
    by = {
        "actor": people.owners[number],
        "organisation": people.firms[number],
        "now": clock.now,
    }
    if found.file:
        modules.download_release(release=found, **by)
    for file in found.files.all():
        module_files.download_file(file=file, **by)


def release_files(people: People, clock: Clock) -> None:
    """Publish a module of the county that is no Python package, with a file of every kind."""
    module = modules.create_module(
        name="hy-village-matters",
        title="村级事务数据与前端组件",
        title_en="Village matters: table, form part, service, weights",
        summary="村级事务代码表（SQL）、事项选择前端组件、查询服务容器镜像和事项分类权重，可分别下载。",
        summary_en="A table of village matters, a form part, a service's image and weights.",
        licence="MulanPSL-2.0",
        contact="incubator@demo.example",
        actor=people["resources"],
        now=clock.now,
    )
    begun = module_files.start_release(
        module=module, number="1.0.0", actor=people["resources"], now=clock.now
    )
    for kind, name, data in (
        ("sql", "village-matters.sql", MATTERS_SQL.encode()),
        ("bundle", "matter-picker.zip", bundle()),
        ("container", "matter-service.tar.gz", image(zipped=True)),
        ("weights", "matter-classes.safetensors", safetensors({"matter": (0.2, 0.3, 0.5)})),
    ):
        module_files.add_file(
            release=begun,
            kind=kind,
            upload=ContentFile(data, name=name),
            actor=people["resources"],
            now=clock.now,
        )
    handed_in = module_files.submit_files(release=begun, actor=people["resources"], now=clock.now)
    modules.publish_release(release=handed_in, actor=people["staff"], now=clock.now)


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

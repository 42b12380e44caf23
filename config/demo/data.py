"""Firms, villages and pilots of the demo year: plainly fictional firms in real villages."""

from dataclasses import dataclass

from config.demo.cast import VILLAGE


@dataclass(frozen=True)
class Firm:
    """A firm: number (its code and its login), names, what it is good at, how it delivers.

    ``marks`` are what technical reviewers give (0–4), ``speed`` the share of handling time
    that its redesign leaves, ``first_time`` how many of its deliverables a village accepts
    at once, ``late`` how many come after their day.
    """

    number: int
    name: str
    name_en: str
    products: str
    marks: int = 3
    speed: float = 0.7
    first_time: bool = True
    late: bool = False


FIRMS: tuple[Firm, ...] = (
    Firm(1, "示例数科甲有限公司", "Sample Digital Jia Ltd", "村务公开与表单采集平台", 3, 0.78),
    Firm(2, "示例智服乙有限公司", "Sample Services Yi Ltd", "积分管理小程序", 3, 0.8, True, True),
    Firm(3, "示例云村丙有限公司", "Sample Cloud Village Bing Ltd", "随手拍派单与复核系统", 4, 0.34),
    Firm(4, "示例网科丁有限公司", "Sample Network Ding Ltd", "村级公章用印登记系统", 3, 0.9, False),
    Firm(5, "示例数字戊有限公司", "Sample Digits Wu Ltd", "网格巡查与离线上报工具", 4, 0.42),
    Firm(6, "示例软件己有限公司", "Sample Software Ji Ltd", "集体资产台账系统", 2, 0.95),
    Firm(7, "示例信息庚有限公司", "Sample Information Geng Ltd", "防汛叫应与签到工具", 3, 0.75),
    Firm(
        8, "示例互联辛有限公司", "Sample Connect Xin Ltd", "代办事项回执系统", 2, 0.97, False, True
    ),
    Firm(9, "示例科技壬有限公司", "Sample Tech Ren Ltd", "惠农补贴核对工具", 4, 0.5),
    Firm(10, "示例农智癸有限公司", "Sample Agri Gui Ltd", "牧区巡护记录系统", 3, 0.7),
    Firm(11, "示例慧村子有限公司", "Sample Wise Village Zi Ltd", "矛盾纠纷登记与回访", 3, 0.66),
    Firm(12, "示例联创丑有限公司", "Sample Jointwork Chou Ltd", "产权流转信息发布", 3, 0.8),
    Firm(13, "示例云图寅有限公司", "Sample Cloudmap Yin Ltd", "宅基地审批协同", 3, 0.7),
    Firm(14, "示例信通卯有限公司", "Sample Telecom Mao Ltd", "村广播与应急通知", 2, 0.9),
    Firm(15, "示例数擎辰有限公司", "Sample Engine Chen Ltd", "村级数据看板", 3, 0.8),
)
ADMITTED = range(1, 13)
"""Firms that are admitted in the first batch; 13 and 14 come later, 15 is refused."""

VILLAGES: tuple[str, ...] = (
    VILLAGE,
    "630123100200",
    "630123100201",
    "630123100202",
    "630123101201",
    "630123101202",
    "630123200200",
    "630123200201",
    "630123201200",
    "630123201201",
    "630123202200",
    "630123203200",
    "630123204200",
    "630123205200",
    "630123206200",
)
"""Fifteen villages in all nine townships (statistical division codes)."""


@dataclass(frozen=True)
class PilotPlan:
    """A pilot: firm, village (place in ``VILLAGES``), process, deliverables, redesign level."""

    firm: int
    village: int
    process: str
    deliverables: tuple[str, ...]
    level: str = "partial"
    days: float = 6.0
    logs: bool = True


PILOTS: tuple[PilotPlan, ...] = (
    PilotPlan(1, 0, "V02", ("村务公开栏目上线", "公开质询与答复"), "partial", 7.5),
    PilotPlan(1, 1, "V27", ("证明开具线上登记", "证明留痕与统计"), "partial", 3.0),
    PilotPlan(1, 2, "V16", ("积分申报与评议",), "partial", 9.0),
    PilotPlan(3, 3, "V15", ("随手拍受理与派单", "整改复核与评价"), "end_to_end", 6.5),
    PilotPlan(3, 4, "V15", ("随手拍受理与派单", "整改复核与评价"), "end_to_end", 5.8),
    PilotPlan(3, 5, "V14", ("网格事件上报", "分级处置与结案"), "end_to_end", 4.0),
    PilotPlan(5, 6, "V14", ("离线巡查上报", "事件核查闭环"), "end_to_end", 5.2),
    PilotPlan(5, 7, "V23", ("防火巡护打卡", "火情快报"), "end_to_end", 2.4),
    PilotPlan(5, 8, "V15", ("牧区随手拍", "复核与公示"), "end_to_end", 7.0),
    PilotPlan(9, 9, "V18", ("补贴名单核对", "公示与复核留痕"), "end_to_end", 12.0),
    PilotPlan(9, 10, "V18", ("补贴名单核对",), "partial", 11.0),
    PilotPlan(9, 11, "V04", ("财务公开台账",), "partial", 8.0),
    PilotPlan(2, 12, "V16", ("积分入账与兑换", "积分榜公示"), "partial", 8.5),
    PilotPlan(2, 13, "V16", ("积分申报",), "partial", 9.5),
    PilotPlan(8, 14, "V10", ("代缴登记", "回执发放"), "none", 2.0),
    PilotPlan(8, 1, "V11", ("资格认证提醒",), "none", 20.0),
    PilotPlan(4, 2, "V05", ("用印申请", "用印台账"), "partial", 1.6),
    PilotPlan(11, 4, "V13", ("纠纷登记与回访", "调解协议归档"), "partial", 18.0),
    PilotPlan(7, 13, "V22", ("叫应确认",), "partial", 0.8, logs=False),
    PilotPlan(10, 8, "V23", ("巡护记录",), "partial", 3.0, logs=False),
)
"""Twenty pilots that were completed in the demo year."""

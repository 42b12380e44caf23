"""Sample data of the component sheet, so that a bare template view can show it."""

from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

from django import forms, template

register = template.Library()


class SampleForm(forms.Form):
    """One field of every kind."""

    name = forms.CharField(label="企业名称", help_text="与营业执照一致")
    note = forms.CharField(label="代表性场景说明", widget=forms.Textarea, required=False)
    township = forms.ChoiceField(label="乡镇", choices=[("dh", "大华镇"), ("dx", "东峡乡")])
    verdict = forms.ChoiceField(
        label="验收意见",
        choices=[("accept", "验收通过"), ("conditions", "有条件通过"), ("refuse", "不通过")],
        widget=forms.RadioSelect,
    )
    matters = forms.MultipleChoiceField(
        label="做过的事项",
        choices=[("photo", "人居环境“随手拍”"), ("grid", "网格巡查上报")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    contract = forms.FileField(label="服务合同", required=False, help_text="PDF 或图片")
    true = forms.BooleanField(label="确认所填内容和材料真实")


class SampleUploadForm(forms.Form):
    """A single file."""

    file = forms.FileField(label="交付物")


class SampleFilterForm(forms.Form):
    """Filters of a list."""

    q = forms.CharField(label="关键词", required=False)
    tier = forms.ChoiceField(label="等级", choices=[("", "全部"), ("A", "A 级")], required=False)


@register.simple_tag
def component_samples() -> SimpleNamespace:
    """Everything that component_sheet.html shows, in one namespace called ``sheet`` there."""
    invalid = SampleForm({"name": "示例数科甲", "verdict": "conditions"})
    invalid.is_valid()
    plain = SampleForm(auto_id="plain_%s", initial={"note": "申中乡星泉村的证明开具。"})
    return SimpleNamespace(
        form=invalid,
        plain=plain,
        upload=SampleUploadForm(auto_id="upload_%s"),
        filters=SampleFilterForm(auto_id="filter_%s"),
        now=datetime(2026, 11, 23, 10, 42),  # noqa: DTZ001 (a sample, not an instant)
        check={"text": "校验位正确", "tone": "good"},
        **rows(),
        **charts(),
    )


def rows() -> dict[str, Any]:
    """Samples of lists and of table rows."""
    tones = ["", "progress", "wait", "notice", "good", "warn", "bad", "ended"]
    words = ["草稿", "办理中", "等待对方", "公示中", "有效", "暂停", "超期", "到期"]
    states = [("提交", "3月2日", "done"), ("评审", "3月16日", "done"), ("公示", "至3月27日", "now")]
    return {
        "crumbs": [{"url": "/workspace/", "label": "企业工作台"}, {"label": "组件"}],
        "statuses": [{"label": w, "tone": t} for w, t in zip(words, tones, strict=True)],
        "cuts": [{"label": "B", "value": 65}, {"label": "A", "value": 80}],
        "steps": [
            *({"label": name, "note": note, "state": state} for name, note, state in states),
            {"label": "入孵", "note": "4月1日", "state": "next"},
        ],
        "tasks": [
            task("修复缺陷 D-031", -1),
            task("上传里程碑 3 交付物", 2),
            task("确认联合申报", 6),
        ],
        "tiles": [
            {"label": "在孵企业", "value": 12, "unit": "家", "note": "第 3 批"},
            {"label": "运行中的试点", "value": 9, "unit": "项", "note": "覆盖 31 个村"},
            {"label": "办件中位用时", "value": "3.2", "unit": "天", "note": "改造前 7.5 天"},
        ],
        "evidence": [{"title": "第 2 版验收单", "url": "#c-evidence", "note": "通过", "value": 15}],
        "files": files(),
        "table": table(),
        "notices": [notice()],
    }


def task(title: str, days: int) -> dict[str, Any]:
    """One row of the inbox."""
    received, due = date(2026, 11, 10), date(2026, 11, 25)
    base = {"title": title, "note": "巴汉村（大华镇）", "url": "#c-task", "icon": "upload"}
    return {**base, "received": received, "due": due, "days_left": days, "action": "办理"}


def files() -> list[dict[str, Any]]:
    """A stored, a moving and a refused file."""
    return [
        {"name": "服务合同.pdf", "size": 3_250_586, "sha256": "a81f09c2…7be4", "state": "stored"},
        {"name": "盖章页.pdf", "size": 9_017_753, "state": "uploading", "percent": 64},
        {"name": "扫描.heic", "state": "failed", "message": "请转成 JPG 或 PDF 后重传"},
    ]


def table() -> dict[str, Any]:
    """A table with a link, a status and numbers."""
    headers = [{"label": "企业"}, {"label": "状态"}, {"label": "总分", "numeric": True}]
    good = {"text": "有效", "tone": "good"}
    waiting = {"text": "公示中", "tone": "notice"}
    rows = [
        [{"text": "示例云村丙", "url": "#c-table"}, good, "87.2"],
        [{"text": "示例科技壬", "url": "#c-table"}, waiting, "79.6"],
    ]
    return {"caption": "按名称排列", "headers": headers, "rows": rows}


def notice() -> dict[str, Any]:
    """An open public notice."""
    days = {"opens_on": date(2026, 11, 19), "closes_on": date(2026, 11, 25), "days_left": 3}
    return {"title": "拟定等级名单", "url": "#c-notice", "note": "异议须实名", **days}


def charts() -> dict[str, Any]:
    """Bars, lines and a before/after pair."""
    bars = {
        "id": "bars",
        "title": "办件用时分布",
        "description": "改造后多在 3 天内；数字见旁边的表",
        "categories": ["1 天内", "1–2 天", "2–3 天", "3–5 天"],
        "series": [
            {"label": "改造前", "values": [5, 9, 12, 19], "tone": "gray"},
            {"label": "改造后", "values": [48, 30, 34, 20], "tone": "lake"},
        ],
        "unit": "件",
    }
    lines = {
        "id": "lines",
        "title": "历次总分",
        "description": "三轮评价的总分；数字见旁边的表",
        "categories": ["第 1 轮", "第 2 轮", "第 3 轮"],
        "series": [{"label": "总分", "values": [61.5, 73.4, 80.2]}],
    }
    compare = {
        "title": "改造前后",
        "rows": [
            {"label": "中位用时", "before": 5.9, "after": 1.9, "unit": "天"},
            {"label": "步骤", "before": 9, "after": 6, "unit": "步"},
        ],
    }
    return {"bars": bars, "lines": lines, "compare": compare}

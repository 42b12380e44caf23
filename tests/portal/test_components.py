"""The portal's components: what they say, what they refuse to contain, what they are made of."""

import re
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.conf import settings
from django.core.management import CommandError, call_command
from django.http import HttpResponse
from django.template import Context, Template
from django.template.loader import get_template, render_to_string
from django.urls import include, path
from django.utils import translation

from portal.management.commands.build_assets import ICONS, without_source_map
from portal.templatetags import portal, portal_charts, portal_words

TEMPLATES = Path(settings.BASE_DIR) / "portal" / "templates"
STATIC = Path(settings.BASE_DIR) / "portal" / "static" / "portal"

# The templates ask only for these names; a test needs no more of the site.
urlpatterns = [
    path("i18n/", include("django.conf.urls.i18n")),
    path("accounts/login/", lambda _request: HttpResponse(), name="account_login"),
]
pytestmark = pytest.mark.urls(__name__)


@pytest.fixture(params=["zh-hans", "en"])
def language(request):
    with translation.override(request.param):
        yield request.param


@pytest.fixture
def english():
    with translation.override("en"):
        yield


class SampleForm(forms.Form):
    name = forms.CharField(label="Name", help_text="As on the licence")
    verdict = forms.ChoiceField(
        label="Verdict", choices=[("yes", "Yes"), ("no", "No")], widget=forms.RadioSelect
    )
    true = forms.BooleanField(label="All true")


def render(source: str, **values: object) -> str:
    return Template("{% load portal portal_charts %}" + source).render(Context(values))


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def template_files() -> list[Path]:
    return sorted(TEMPLATES.rglob("*.html"))


# --- words and numbers


@pytest.mark.parametrize(
    ("code", "full", "short", "moment"),
    [
        ("zh-hans", "2026年11月3日", "11月3日", "2026年11月3日 10:42"),
        ("en", "3 Nov 2026", "3 Nov", "3 Nov 2026, 10:42"),
    ],
)
def test_dates_follow_the_language(monkeypatch, code, full, short, moment):
    at = datetime(2026, 11, 3, 10, 42, tzinfo=ZoneInfo("Asia/Shanghai"))
    monkeypatch.setattr("django.utils.timezone.now", lambda: at)
    with translation.override(code):
        shown = (portal_words.day(at), portal_words.day_short(at), portal_words.moment(at))
    assert shown == (full, short, moment)


@pytest.mark.parametrize(
    ("value", "chinese", "english"),
    [
        (date(2026, 1, 1), "1月1日", "1 Jan"),
        (date(2025, 12, 31), "2025年12月31日", "31 Dec 2025"),
        (date(2027, 1, 9), "2027年1月9日", "9 Jan 2027"),
        (datetime(2025, 12, 31, 16, 30, tzinfo=UTC), "1月1日", "1 Jan"),
        (datetime(2026, 12, 31, 16, 30, tzinfo=UTC), "2027年1月1日", "1 Jan 2027"),
        (None, "", ""),
    ],
)
def test_short_day_of_another_year_has_its_year(monkeypatch, value, chinese, english):
    at = datetime(2026, 12, 31, 10, 42, tzinfo=ZoneInfo("Asia/Shanghai"))
    monkeypatch.setattr("django.utils.timezone.now", lambda: at)
    for language, words in (("zh-hans", chinese), ("en", english)):
        with translation.override(language):
            assert portal_words.day_short(value) == words


@pytest.mark.parametrize(
    ("show", "value", "text"),
    [
        (portal_words.day, None, ""),
        (portal_words.filesize, None, ""),
        (portal_words.filesize, 512, "512 B"),
        (portal_words.filesize, 3_250_586, "3.1 MB"),
        (portal_words.filesize, 5 * 1024**5, "5,120.0 TB"),
        (portal_words.percent, None, ""),
        (portal_words.percent, 0.637, "64%"),
        (portal_words.duration_short, None, ""),
        (portal_words.duration_short, 276_480, "3.2 days"),
        (portal_words.duration_short, 18_000, "5.0 hours"),
        (portal_words.duration_short, 60, "1 minute"),
        (portal_words.duration_short, 720, "12 minutes"),
        (portal_words.message_tone, "error extra", "bad"),
        (portal_words.message_tone, "success", "good"),
        (portal_words.message_tone, "debug", "info"),
        (portal_words.tone_icon, "warn", "alert-triangle"),
    ],
)
def test_values_are_shown_in_english(show, value, text, settings, english):
    settings.USE_THOUSAND_SEPARATOR = True
    assert show(value) == text


@pytest.mark.parametrize(
    ("code", "text", "mark"),
    [("en", "湟源县", ' lang="zh-Hans"'), ("en", "Huangyuan", ""), ("zh-hans", "湟源县", "")],
)
def test_chinese_text_is_marked_on_an_english_page(code, text, mark):
    with translation.override(code):
        assert render("<b{{ text|lang_mark }}>", text=text) == f"<b{mark}>"


def test_working_days_left_counts_to_the_last_day():
    today = date(2026, 11, 23)
    days = [date(2026, 11, 25), today, date(2026, 11, 20), None]
    left = [portal_words.working_days_left(day, today) for day in days]
    assert left == [2, 0, -1, None]


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (3, "3 working days left"),
        (1, "1 working day left"),
        (0, "Closes today"),
        (-1, "Closed"),
        (None, ""),
    ],
)
def test_countdown_says_how_long(days, text, english):
    assert words(render("{% countdown days %}", days=days)) == text


def test_countdown_without_a_value_stays_silent(english):
    assert render("{% countdown nowhere %}").strip() == ""


# --- marks and rows


@pytest.mark.parametrize(("letter", "text"), [("A", "A Tier A"), (None, "Not graded")])
def test_tier_names_the_letter(letter, text, english):
    assert words(render("{% tier letter %}", letter=letter)) == text


@pytest.mark.parametrize(
    ("days", "mark", "text"),
    [
        (-2, " is-late", "2 working days late"),
        (0, " is-soon", "Due today"),
        (2, " is-soon", "2 working days left"),
        (9, "", "9 working days left"),
    ],
)
def test_task_row_tells_lateness_in_words_and_colour(days, mark, text, english):
    task = {"title": "Upload", "url": "/x/", "due": date(2026, 11, 25), "days_left": days}
    html = render("{% task_row task %}", task=task)
    assert re.findall(r'class="hy-task([^"]*)"', html) == [mark]
    assert re.findall(r"</svg>([^<]*work[^<]*|Due today)", html) == [text]


def test_task_row_without_deadline_says_so(english):
    html = render("{% task_row task %}", task={"title": "Read", "url": "/x/", "days_left": None})
    assert words(html) == "Read Received – Due No deadline Open Read"


def test_status_pairs_colour_with_icon_and_word():
    html = render('{% status "公示中" "notice" %}')
    assert words(html) == "公示中"
    assert re.findall(r"#i-([\w-]+)", html) == ["speakerphone"]


def test_icon_with_a_label_is_announced():
    assert 'role="img" aria-label="locked"' in render('{% icon "lock" "locked" %}')


def test_text_from_people_is_escaped():
    html = render("{% banner text title=text %}", text="<script>x</script>")
    assert "<script>" not in html
    assert html.count("&lt;script&gt;") == 2


def test_data_table_makes_the_first_cell_the_row_header():
    table = {
        "caption": "Firms",
        "headers": [{"label": "Firm"}, {"label": "Points", "numeric": True}],
        "rows": [[{"text": "Jia", "url": "/jia/"}, 0]],
    }
    html = render("{% data_table table %}", table=table)
    assert '<th scope="row"><a href="/jia/">Jia</a>' in html
    assert '<td data-l="Points" class="text-end">0' in html
    assert "<caption>Firms</caption>" in html


# --- bars and charts


@pytest.mark.parametrize(
    ("value", "total", "low", "width"),
    [(1.2, 2, 0, "60"), (3, 2, 0, "100"), (1, 3, 0, "33.33"), (None, 5, 0, "0"), (1, 0, 0, "0"),
     (70, 100, 40, "50"), (10, 100, 40, "0")],
)  # fmt: skip
def test_share_stays_between_nothing_and_all(value, total, low, width):
    assert portal.share(value, total, low) == width


def test_quota_bar_never_draws_past_the_quota():
    shown = portal.quota_bar("Storage", 1.5, 2, pending=3)
    assert (shown["width"], shown["pending_width"]) == ("75", "25")


def test_score_bar_reads_score_interval_and_cuts(english):
    html = render(
        '{% score_bar 73.4 69.7 77.1 cuts=cuts label="Total" %}', cuts=[{"label": "A", "value": 80}]
    )
    label = re.findall(r'aria-label="([^"]*)"', html)
    assert label == ["Total 73.4, interval 69.7 to 77.1, tier A from 80"]


def test_score_bar_without_interval_draws_none():
    assert portal.score_bar(50)["band"] is None


@pytest.mark.parametrize(
    ("largest", "ceiling"),
    [(0, 4), (0.9, 1), (1, 1), (7.5, 8), (48, 60), (418, 600), (10000, 10000)],
)
def test_scale_ends_at_a_round_number(largest, ceiling):
    assert portal_charts.nice_ceiling(largest) >= largest
    assert portal_charts.nice_ceiling(largest) == pytest.approx(ceiling)


CHART = {
    "id": "c",
    "title": "Days",
    "description": "Faster",
    "categories": ["one", "two"],
    "series": [{"label": "before", "values": [30, None]}, {"label": "after", "values": [15, 60]}],
}


def test_bar_heights_are_in_proportion_and_missing_values_leave_no_bar():
    before, after = portal_charts.bar_chart(CHART)["series"]
    tall = portal_charts.PLOT_HEIGHT
    assert [bar["height"] for bar in before["bars"]] == [tall / 2]
    assert [bar["height"] for bar in after["bars"]] == [tall / 4, tall]


def test_line_has_a_point_per_known_value():
    before, after = portal_charts.line_chart(CHART)["series"]
    assert (len(before["points"]), len(after["points"])) == (1, 2)
    assert after["points"][1]["y"] == portal_charts.TOP


@pytest.mark.parametrize("tag", ["bar_chart", "line_chart"])
def test_chart_has_title_description_and_the_same_numbers(tag, english):
    html = render("{% " + tag + " chart %}", chart=CHART)
    assert '<title id="c-t">Days</title><desc id="c-d">Faster</desc>' in html
    numbers = re.findall(r'<td class="text-end">([^<]*)</td>', html)
    assert numbers == ["30", "15", "–", "60"]


def test_compare_chart_scales_each_pair_by_its_longer_bar():
    chart = {"title": "t", "rows": [{"label": "d", "before": 8, "after": 2}]}
    row = portal_charts.compare_chart(chart)["rows"][0]
    assert (row["before_width"], row["after_width"]) == (100.0, 25.0)


def test_compare_chart_of_zeros_draws_nothing():
    chart = {"title": "t", "rows": [{"label": "d", "before": 0, "after": 0}]}
    row = portal_charts.compare_chart(chart)["rows"][0]
    assert (row["before_width"], row["after_width"]) == (0.0, 0.0)


# --- forms


def field_html(form: forms.Form, name: str, options: str = "") -> str:
    return render("{% field bound " + options + " %}", bound=form[name])


def test_field_ties_help_and_errors_to_the_input(english):
    form = SampleForm({})
    html = field_html(form, "name")
    described = re.search(r'aria-describedby="([^"]*)"', html)
    assert described is not None
    assert described.group(1).split() == ["id_name_error", "id_name_helptext"]
    assert [html.count(f'id="{one}"') for one in described.group(1).split()] == [1, 1]
    assert 'aria-invalid="true"' in html


def test_field_marks_required_in_words(english):
    assert words(field_html(SampleForm(), "name")) == "Name required As on the licence"


def test_field_shows_the_machine_check_and_the_question():
    options = 'asked="Which village?" check=check'
    source = "{% field bound " + options + " %}"
    check = {"text": "Digit fits", "tone": "good"}
    html = render(source, bound=SampleForm()["name"], check=check)
    described = re.findall(r'aria-describedby="([^"]*)"', html)
    assert described == ["id_name_helptext id_name_check id_name_asked"]
    assert 'class="hy-check is-good" id="id_name_check"' in html


def test_locked_field_is_read_only():
    assert " readonly" in field_html(SampleForm(), "name", "locked=True")


def test_radio_field_is_a_group_of_cards_with_the_chosen_one_marked():
    html = field_html(SampleForm({"verdict": "no"}), "verdict")
    assert re.findall(r'value="(\w+)"( checked)?', html) == [("yes", ""), ("no", " checked")]
    assert html.count("<legend") == 1
    assert html.count('class="hy-choice is-on"') == 1


def test_checkbox_label_contains_its_box():
    html = field_html(SampleForm(), "true")
    assert re.search(r"<label[^>]*><input[^>]*type=\"checkbox\"[^>]*>", html) is not None


def test_form_errors_lead_to_their_fields_and_say_what_was_kept(english):
    html = render('{% form_errors form kept="Your words are kept." %}', form=SampleForm({}))
    assert re.findall(r'href="#(\w+)"', html) == ["id_name", "id_verdict", "id_true"]
    assert "3 things need your attention" in html
    assert "Your words are kept." in html


def test_form_errors_read_as_sentences_where_only_their_text_is_shown(english):
    """The upload's script shows the text of a refused page's summary."""
    form = SampleForm({"name": "x", "verdict": "yes", "true": "on"})
    form.add_error(None, "The file is too large.")
    html = render("{% form_errors form %}", form=form)
    text = " ".join(re.sub(r"<[^>]+>", "", html).split())
    assert text == "This could not be done: The file is too large."


def test_form_errors_of_a_good_form_are_nothing():
    form = SampleForm({"name": "x", "verdict": "yes", "true": "on"})
    assert render("{% form_errors form %}", form=form).strip() == ""


# --- whole pages


def test_component_sheet_renders_every_component(language):
    html = render_to_string("portal/component_sheet.html")
    names = re.findall(r'<h2 id="c-\w+"[^>]*>([^<]*)</h2>', html)
    assert len(names) == 21
    ids = re.findall(r'\sid="([\w-]+)"', html)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("code", "lang"), [("zh-hans", '<html lang="zh-Hans">'), ("en", '<html lang="en">')]
)
def test_page_names_its_language(code, lang):
    with translation.override(code):
        assert lang in render_to_string("portal/component_sheet.html")


@pytest.mark.parametrize("name", ["400.html", "500.html"])
def test_lonely_error_page_needs_nothing_and_speaks_both_languages(name, settings, tmp_path):
    settings.STATIC_ROOT = str(tmp_path / "no manifest here")
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
    }
    html = get_template(name).render()
    assert ("什么已保留" in html, "What was kept" in html) == (True, True)
    assert f'href="{settings.STATIC_URL}portal/portal.css"' in html


@pytest.mark.parametrize("name", ["403.html", "403_csrf.html", "404.html", "429.html"])
def test_error_page_says_what_was_kept_and_what_to_do(name, english):
    html = render_to_string(name)
    terms = re.findall(r"<dt>([^<]*)</dt>", html)
    assert terms == ["What happened", "What was kept", "What to do"]


# --- what the files may not contain


@pytest.mark.parametrize(
    "file", template_files(), ids=lambda file: str(file.relative_to(TEMPLATES))
)
def test_template_has_no_inline_script_or_style(file):
    source = file.read_text(encoding="utf-8")
    found = re.findall(r'\sstyle="|<style|\son\w+="|javascript:|<script(?![^>]*\ssrc=)', source)
    assert found == []


def test_every_icon_named_in_a_template_is_in_the_sprite():
    named = {
        name
        for file in template_files()
        for name in re.findall(r'{% icon "([\w-]+)"|icon="([\w-]+)"', file.read_text("utf-8"))
        for name in name
        if name
    }
    own = {*portal.TONE_ICONS.values(), *portal_words.BANNER_ICONS.values()}
    assert (named | own) - set(ICONS) == set()


def test_stylesheet_sets_no_text_below_sixteen_pixels():
    css = (STATIC / "portal.css").read_text(encoding="utf-8")
    screen = css.replace("font-size: 11pt", "")  # paper is read closer than a screen
    rem = [float(size) for size in re.findall(r"font-size: ([\d.]+)rem", screen)]
    pixels = [float(size) for size in re.findall(r"font-size: ([\d.]+)px", screen)]
    assert ([size for size in rem if size < 1], [size for size in pixels if size < 16]) == ([], [])


# --- assets


@pytest.fixture
def node_modules(tmp_path: Path) -> Path:
    modules = tmp_path / "node_modules"
    css = modules / "@tabler/core/dist/css/tabler.min.css"
    drawings = modules / "@tabler/icons/icons/outline"
    css.parent.mkdir(parents=True)
    drawings.mkdir(parents=True)
    css.write_text("a{b:c}\n/*# sourceMappingURL=tabler.min.css.map */")
    (modules / "@tabler/icons/LICENSE").write_text("licence")
    for name in ICONS:
        drawing = '<svg><path d="M0 0h24v24H0z" fill="none" /><path d="M1 2" /></svg>'
        (drawings / f"{name}.svg").write_text(drawing)
    return modules


def build(modules: Path, target: Path) -> None:
    call_command("build_assets", node_modules=modules, target=target, verbosity=0)


def test_build_assets_makes_one_symbol_per_icon(node_modules, tmp_path, capsys):
    build(node_modules, tmp_path / "assets")
    sprite = (tmp_path / "assets/icons.svg").read_text(encoding="utf-8")
    assert re.findall(r'<symbol id="i-([\w-]+)"', sprite) == list(ICONS)
    assert sprite.count("M0 0h24v24H0z") == 0


def test_build_assets_twice_leaves_the_files_alone(node_modules, tmp_path, capsys):
    target = tmp_path / "assets"
    build(node_modules, target)
    first = {file.name: file.stat().st_mtime_ns for file in target.iterdir()}
    build(node_modules, target)
    assert {file.name: file.stat().st_mtime_ns for file in target.iterdir()} == first
    assert sorted(first) == ["LICENSE-tabler.txt", "htmx-2.min.js", "icons.svg", "tabler.min.css"]


def test_build_assets_without_node_modules_says_what_to_run(tmp_path):
    with pytest.raises(CommandError, match="run `npm ci` first"):
        build(tmp_path / "nowhere", tmp_path / "assets")


def test_build_assets_with_a_missing_drawing_names_it(node_modules, tmp_path):
    (node_modules / "@tabler/icons/icons/outline/lock.svg").unlink()
    with pytest.raises(CommandError, match="no outline icon named lock"):
        build(node_modules, tmp_path / "assets")


def test_stylesheet_loses_its_source_map():
    assert without_source_map("a{}\n/*# sourceMappingURL=a.css.map */") == "a{}\n"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/126 Safari/537.36",
            "Chrome · Linux",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/126 Safari/537.36 Edg/126.0", "Edge · Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) Version/17.5 Safari/605", "Safari · macOS"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/116 MicroMessenger/8.0", "WeChat · Android"),
        ("curl/8.7", "curl/8.7"),
        ("Linux robot", "Linux"),
    ],
)
def test_device_is_named_by_browser_and_system(agent, name):
    assert portal_words.device_name(agent) == name


@pytest.mark.parametrize(
    ("language", "sign", "text"),
    [
        ("zh-hans", "、", "甲、乙"),
        ("zh-hans", "；", "甲；乙"),
        ("en", "、", "甲, 乙"),
        ("en", "；", "甲; 乙"),
    ],
)
def test_listed_joins_by_the_sign_of_the_language(language, sign, text):
    with translation.override(language):
        assert portal_words.listed(["甲", "乙"], sign) == text

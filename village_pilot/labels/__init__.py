"""Translated names of this app's states, actions, refusals, work items and notifications."""

from django.utils.functional import Promise, lazystr
from django.utils.text import format_lazy
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from portal.labels import (
    Choices,
    add_actions,
    add_notification_kinds,
    add_refusals,
    add_states,
    add_work_kinds,
    state_choices,
)
from village_pilot.domain.delivery import DELIVERABLE, MILESTONE, PILOT
from village_pilot.domain.event_log import CaseLogError
from village_pilot.labels import deeds  # noqa: F401 registers on import


def personal_data_levels() -> Choices:
    """How sensitive a process's data are."""
    return [("low", _("Low")), ("medium", _("Medium")), ("high", _("High"))]


CATEGORIES: dict[str, str | Promise] = {
    "自治": _("Village self-governance"),
    "公开": _("Disclosure"),
    "三资": _("Collective funds, assets and resources"),
    "资金": _("Subsidies and funds"),
    "工程": _("Small works"),
    "监督": _("Supervision"),
    "救助": _("Social relief"),
    "代办": _("Services done for villagers"),
    "土地": _("Land and homesteads"),
    "应急": _("Emergency response"),
    "治理": _("Grass-roots governance"),
    "管理": _("Village administration"),
}
"""English names of the catalogue's categories, which the catalogue itself has in Chinese only."""


def category_name(category: str) -> str:
    """Name a category of the catalogue in the language in use; an unknown one as it stands."""
    if (get_language() or "zh").startswith("zh"):
        return category
    return str(CATEGORIES.get(category, category))


BASIS: dict[str, str | Promise] = {
    "sourced": _("Sourced"),
    "local": _("County practice"),
}


def redesign_levels() -> Choices:
    """How far a pilot redesigns its process."""
    return [
        ("none", _("Not redesigned")),
        ("partial", _("Partly redesigned")),
        ("end_to_end", _("Redesigned end to end")),
    ]


def phases() -> Choices:
    """Which side of the redesign a log is on."""
    return [("before", _("Before the redesign")), ("after", _("After the redesign"))]


def verdicts() -> Choices:
    """What a technical review leads to."""
    return [
        ("approve", _("Pass on to the village")),
        ("request_changes", _("Ask for changes")),
    ]


def decisions() -> Choices:
    """What a village can say."""
    return [
        ("accept", _("Accepted")),
        ("accept_with_conditions", _("Accepted with conditions")),
        ("refuse", _("Refused")),
    ]


def pilot_states() -> Choices:
    """States of a pilot."""
    return state_choices(PILOT.name)()


def milestone_states() -> Choices:
    """States of a milestone."""
    return state_choices(MILESTONE.name)()


def deliverable_states() -> Choices:
    """States of a version of a deliverable."""
    return state_choices(DELIVERABLE.name)()


DECISION_HINTS: dict[str, str | Promise] = {
    "accept": _("It works and can be used from now on"),
    "accept_with_conditions": _("Use it now; some things are still to be added"),
    "refuse": _("Back to the firm; write down why"),
}

CRITERIA: dict[str, str | Promise] = {
    "function": _("Does what was promised"),
    "reliability": _("Runs reliably"),
    "protection": _("Protects data and personal information"),
    "handover": _("Can be taken over by the village"),
}

ANCHORS: dict[str, tuple[str | Promise, ...]] = {
    "function": (
        _("None of the promised functions works"),
        _("Less than half of the promises can be used"),
        _("Most promises can be used; one of the main steps is missing"),
        _("Every promise is kept; small gaps only"),
        _("Every promise is kept and shown with real cases"),
    ),
    "reliability": (
        _("Does not start or loses data"),
        _("Fails repeatedly in a day's use"),
        _("Usable, but fails under ordinary mistakes"),
        _("Ran for two weeks without loss; errors are explained"),
        _("As before, and recovery from a backup was shown"),
    ),
    "protection": (
        _("Personal data lie open"),
        _("Access is open to people who do not need it"),
        _("Access is limited; masking or deletion is missing"),
        _("Access, masking, retention and logs are in place"),
        _("As before, and an impact assessment is enclosed"),
    ),
    "handover": (
        _("No documents, nobody was trained"),
        _("Documents exist but do not fit the product"),
        _("Operation is described; staff still need the firm every day"),
        _("Village staff run it with the manual"),
        _("As before, and data and interfaces can be taken to another firm"),
    ),
}
"""What each mark from 0 to 4 means."""

add_states(
    PILOT.name,
    {
        "proposed": (_("Waits for the village's consent"), _("Proposed"), "wait", ""),
        "village_consent": (
            _("Waits for the firm's agreement"),
            _("Village consented"),
            "wait",
            "",
        ),
        "agreed": (_("Agreed, not yet started"), _("Agreed"), "progress", ""),
        "running": (_("Running"), _("Running"), "progress", ""),
        "paused": (_("Paused"), _("Paused"), "warn", ""),
        "completed": (_("Completed"), _("Completed"), "good", ""),
        "terminated": (_("Terminated"), _("Terminated"), "ended", ""),
    },
)
add_actions(
    PILOT.name,
    {
        "consent": _("Consent to the pilot"),
        "decline": _("Decline"),
        "agree": _("Agree to the pilot"),
        "start": _("Start the pilot"),
        "pause": _("Pause"),
        "resume": _("Resume"),
        "complete": _("Complete the pilot"),
        "terminate": _("Terminate"),
    },
)
add_states(
    MILESTONE.name,
    {
        "scheduled": (_("Scheduled"), _("Scheduled"), "", "calendar"),
        "submitted": (_("Handed in"), _("Handed in"), "wait", ""),
        "met": (_("Met"), _("Met"), "good", ""),
        "partially_met": (_("Partly met"), _("Partly met"), "warn", "alert-triangle"),
        "not_met": (_("Not met"), _("Not met"), "bad", ""),
    },
)
add_actions(
    MILESTONE.name,
    {
        "submit": _("Hand in"),
        "meet": _("Met"),
        "meet_partially": _("Partly met"),
        "miss": _("Not met"),
    },
)
add_states(
    DELIVERABLE.name,
    {
        "draft": (_("Draft"), _("Draft"), "", ""),
        "submitted": (_("Waits for a reviewer"), _("Handed in"), "wait", ""),
        "technical_review": (_("In technical review"), _("In technical review"), "progress", ""),
        "changes_requested": (_("Changes requested"), _("In revision"), "warn", "pencil"),
        "village_acceptance": (_("Waits for the village"), _("Before the village"), "wait", ""),
        "accepted": (_("Accepted"), _("Accepted"), "good", ""),
        "accepted_with_conditions": (
            _("Accepted with conditions"),
            _("Accepted with conditions"),
            "good",
            "alert-triangle",
        ),
        "refused": (_("Refused"), _("Refused"), "bad", ""),
        "disputed": (_("Disputed"), _("Disputed"), "warn", "gavel"),
        "resolved": (_("Dispute resolved"), _("Dispute resolved"), "ended", "gavel"),
    },
)
add_actions(
    DELIVERABLE.name,
    {
        "submit": _("Hand in for review"),
        "assign": _("Assign a reviewer"),
        "request_changes": _("Ask for changes"),
        "resubmit": _("Hand in again"),
        "approve": _("Pass on to the village"),
        "accept": _("Accept"),
        "accept_with_conditions": _("Accept with conditions"),
        "refuse": _("Refuse"),
        "dispute": _("Dispute the refusal"),
        "resolve": _("Record the outcome"),
    },
)

add_refusals(
    {
        "provider_not_admitted": _("Only firms admitted to the incubation centre take on pilots."),
        "no_firm": _("Choose a firm."),
        "no_committee": _("Choose a village committee whose village is known."),
        "dates_order": _("The pilot must end after it starts."),
        "pilot_not_working": _("This can be done while a pilot is agreed, running or paused."),
        "pilot_not_started": _("Deliverables are handed in while the pilot is running."),
        "deliverables_open": _(
            "A deliverable is still on its way; decide on it before completing the pilot."
        ),
        "milestone_decided": _("This milestone has been met; its date stays."),
        "milestone_not_open": _(
            "This milestone takes nothing more: it was met, or something handed in for it "
            "is still being decided."
        ),
        "milestone_elsewhere": _("This milestone belongs to another pilot."),
        "same_date": _("Choose another date."),
        "date_past": _("Choose a day from today on."),
        "no_files": _("Add at least one file first."),
        "no_note": _("Say in a few words what is delivered."),
        "not_editable": _(
            "Files and modules are changed in drafts and in versions sent back for changes."
        ),
        "module_not_taken": _(
            "Choose published versions that your firm has downloaded from the library or "
            "contributed to it; a withdrawn one can only stay where it was ticked already."
        ),
        "file_twice": _("This file is already in this version, as “%(name)s”; it is kept once."),
        "file_gone": _("This file is no longer in this version."),
        "version_open": _("The last version is still on its way; wait for its decision."),
        "not_assigned": _("This case was assigned to somebody else."),
        "technical_review_incomplete": _(
            "The review is not complete; what you wrote is still here."
        ),
        "mark_missing": _("Choose a mark from 0 to 4."),
        "mark_reason_short": _("Give the reason in at least eight characters."),
        "verdict_missing": _("Choose what happens next."),
        "approve_with_zero": _("Work marked 0 cannot be passed on; ask for changes."),
        "level_missing": _("Choose a level."),
        "reviewer_is_signer": _("Whoever reviewed the work cannot accept it for the village."),
        "decision_missing": _("Choose one of the three answers."),
        "name_mismatch": _("Write your own name as it stands in your account."),
        "second_factor": _("Enter a code from your sheet or add a photo of the signed paper."),
        "one_factor": _("Use either the code or the photo, not both."),
        "code_wrong": _("This code is not valid or was used. Take the next one from your sheet."),
        "code_locked": _(
            "Too many wrong codes. Wait a quarter of an hour, or photograph the signed paper."
        ),
        "code_count": _("Between 1 and 40 codes fit on a sheet."),
        "not_a_signer": _("Codes are for people who sign for a village committee."),
        "process_row": _("Line %(line)s of the catalogue cannot be used: column %(column)s."),
        "phase_unknown": _("Choose before or after."),
        "log_too_large": _("The log is larger than %(limit)s MB. Import it with the command line."),
        "case_log": _("%(place)s%(reason)s"),
    }
)

add_work_kinds(
    {
        "pilot_consent": (_("Village's consent: %(pilot)s, %(place)s"), "writing", _("Decide")),
        "pilot_agree": (_("Agree to the pilot: %(pilot)s, %(place)s"), "writing", _("Decide")),
        "pilot_start": (_("Start the pilot: %(pilot)s, %(place)s"), "player-play", _("Open")),
        "deliverable_assign": (
            _("No reviewer without a conflict: %(title)s, %(place)s"),
            "user-plus",
            _("Open"),
        ),
        "deliverable_review": (
            _("Technical review: %(title)s, %(place)s"),
            "checklist",
            _("Review"),
        ),
        "deliverable_changes": (_("Changes requested: %(title)s, %(place)s"), "pencil", _("Open")),
        "deliverable_accept": (_("Please accept: %(title)s, %(firm)s"), "writing", _("Decide")),
        "deliverable_refused": (_("The village refused: %(title)s, %(place)s"), "x", _("Open")),
        "deliverable_dispute": (_("Dispute: %(title)s, %(place)s"), "gavel", _("Decide")),
        "milestone_due": (_("Milestone: %(title)s, %(place)s"), "flag", _("Open")),
    }
)

add_notification_kinds(
    {
        "pilot_moved": (
            _("Pilots"),
            _("Pilot “%(pilot)s”: %(place)s"),
            _("The pilot “%(pilot)s” in %(place)s moved on. Open it to see what comes next."),
        ),
        "deliverable_to_review": (
            _("Technical reviews"),
            _("You are to review “%(title)s”"),
            _("“%(title)s” for %(place)s was assigned to you for technical review."),
        ),
        "deliverable_changes": (
            _("Changes requested"),
            _("Changes requested: “%(title)s”"),
            _("The technical reviewer asks for changes to “%(title)s” for %(place)s."),
        ),
        "deliverable_to_accept": (
            _("Acceptance"),
            _("Please decide on “%(title)s”"),
            _(
                "“%(title)s” by %(firm)s passed its technical review. Please decide; saying "
                "nothing never counts as acceptance."
            ),
        ),
        "deliverable_decided": (
            _("Villages' decisions"),
            _("%(place)s decided on “%(title)s”"),
            _("The village committee decided on “%(title)s”. Open it to read the decision."),
        ),
    }
)

CASE_LOG_REASONS: dict[str, str | Promise] = {
    "empty_file": _("The file is empty."),
    "no_events": _("The file holds no event."),
    "missing_column": _(
        "No column for the %(field)s was found. Looked for: %(looked_for)s. Found: %(found)s."
    ),
    "duplicated_column": _("This column is there more than once."),
    "missing_value": _("The %(field)s is missing."),
    "bad_timestamp": _("“%(value)s” is not a date and time."),
    "future_timestamp": _("“%(value)s” lies in the future."),
    "mixed_time_zones": _(
        "Some times name a time zone and others do not; “%(value)s” is the first that differs."
    ),
    "row_width": _("The row has %(found)d cells; the header has %(expected)d."),
    "broken_csv": _("The quotation marks of this row do not match, or a cell is far too long."),
    "nul_byte": _("The row holds a NUL byte; the file is damaged or is not text."),
    "encoding": _("The row is neither UTF-8 nor GB18030 text."),
    "unsupported_content": _("This is %(kind)s. Case logs are read from CSV, XES and XES.gz."),
    "broken_gzip": _("The compressed file is cut off or damaged."),
    "broken_xml": _("The file is not well-formed XML here."),
    "cut_xml": _("The XML ends before it is complete; the file may have been cut off."),
    "unread_encoding": _("The encoding of the XML is not one that can be read; save it as UTF-8."),
    "unsafe_xml": _("The XML declares a document type or entities, which are refused."),
    "too_deep": _("The XML is nested more than %(limit)d deep."),
    "not_xes": _("The XML is not an event log: it starts with <%(root)s>, not <log>."),
    "too_large": _("The file holds more than %(limit)d bytes."),
    "too_many_rows": _("The file holds more than %(limit)d events."),
}

CASE_LOG_WORDS: dict[str, str | Promise] = {
    "case": _("case number"),
    "activity": _("activity"),
    "timestamp": _("time"),
    "an Excel workbook or a ZIP archive": _("an Excel workbook or a ZIP archive"),
    "an old Excel workbook": _("an old Excel workbook"),
    "a PDF document": _("a PDF document"),
    "UTF-16 text": _("UTF-16 text"),
    "a compressed file inside a compressed file": _("a compressed file inside a compressed file"),
}

CASE_LOG_PLACES: dict[tuple[str, bool], str | Promise] = {
    ("row", True): _("Row {row}, column “{column}”: "),
    ("row", False): _("Row {row}: "),
    ("event", True): _("Event {row}, attribute “{column}”: "),
    ("event", False): _("Event {row}: "),
    ("line", True): _("Line {row}, “{column}”: "),
    ("line", False): _("Line {row}: "),
}


def case_log_place(error: CaseLogError) -> str | Promise:
    """Say where in the file a case log could not be read; “” where the whole file is meant."""
    if error.row is not None:
        pattern = CASE_LOG_PLACES[error.unit, error.column is not None]
        return format_lazy(pattern, row=error.row, column=error.column or "")
    if error.column is not None:
        return format_lazy(_("Column “{column}”: "), column=error.column)
    return ""


def case_log_reason(error: CaseLogError) -> str | Promise:
    """Say in the reader's language why a case log was refused."""
    words = {
        name: CASE_LOG_WORDS.get(value, value) if isinstance(value, str) else value
        for name, value in error.params.items()
    }
    return lazystr(_Filled(CASE_LOG_REASONS[error.code], words))


class _Filled:
    """A text with its values, put together only when it is read."""

    def __init__(self, text: str | Promise, words: dict[str, str | int | Promise]) -> None:
        self.text = text
        self.words = words

    def __str__(self) -> str:
        return str(self.text) % self.words

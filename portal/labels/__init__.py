"""Translated names of states, choices and refusals. Callables, so that no wording migrates."""

from collections.abc import Callable, Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.domain.lifecycle import Refused
from portal.labels.deeds import DEEDS
from portal.labels.filling import Blanks, filled
from portal.labels.registry import register

Choices = list[tuple[str, str | Promise]]

ROLES: dict[str, str | Promise] = {
    "firm_signer": _("Firm's authorised signer"),
    "firm_member": _("Firm member"),
    "expert": _("Expert"),
    "learner": _("Learner"),
    "village_clerk": _("Village clerk"),
    "village_signer": _("Village committee signer"),
    "tech_reviewer": _("Technical reviewer"),
    "assessor": _("Assessor"),
    "staff": _("Incubation staff"),
    "resource_manager": _("Resource manager"),
    "training": _("Training staff"),
    "call_owner": _("Call owner"),
    "institute_member": _("Institute member"),
    "dispute_board": _("Dispute board"),
    "lead": _("Evaluation lead"),
    "second_reviewer": _("Second reviewer"),
    "appeal_panel": _("Appeal panel"),
    "officer": _("Procurement officer"),
    "leader": _("County leader"),
    "sysadmin": _("System administrator"),
    "secadmin": _("Security administrator"),
    "auditor": _("Audit administrator"),
    "system": _("The system"),
}


ROLE_REMARKS: dict[str, str | Promise] = {
    "leader": _(
        "The overview for county leaders is still being built. Until then the capability list, "
        "public notices, courses and project calls are open to you in the menu above."
    ),
    "second_reviewer": _(
        "Second review of gradings in the portal is still being built. Until then it is done on "
        "paper; nothing will be assigned to you here."
    ),
    "appeal_panel": _(
        "Appeals through the portal are still being built. Until then they are handled on paper; "
        "nothing will be assigned to you here."
    ),
}
"""What a role cannot do here yet, said to whoever holds it."""


def role_choices() -> Choices:
    """Every role with its name."""
    return list(ROLES.items())


def organisation_kinds() -> Choices:
    """Kinds of organisations."""
    return [
        ("firm", _("Firm")),
        ("institute", _("Research institute")),
        ("department", _("Department")),
        ("village_committee", _("Village committee")),
        ("procuring_entity", _("Procuring entity")),
    ]


def region_types() -> Choices:
    """Types of divisions."""
    return [
        ("country", _("Country")),
        ("province", _("Province")),
        ("prefecture", _("Prefecture")),
        ("county", _("County")),
        ("town", _("Town")),
        ("township", _("Township")),
        ("ethnic_township", _("Ethnic township")),
        ("subdistrict", _("Subdistrict")),
        ("village_committee", _("Village")),
        ("residents_committee", _("Residents' committee")),
        ("other", _("Other division")),
    ]


def audit_outcomes() -> Choices:
    """How an attempt ended."""
    return [("done", _("Done")), ("refused", _("Denied")), ("failed", _("Failed"))]


def job_states() -> Choices:
    """Where a job stands."""
    return [
        ("waiting", _("Waiting")),
        ("done", _("Done")),
        ("parked", _("Parked after failures")),
    ]


def data_request_kinds() -> Choices:
    """What a person may ask about their data (个人信息保护法 arts 44-47)."""
    return [
        ("correct", _("Correct or complete it")),
        ("restrict", _("Keep it, but do not use it")),
        ("delete", _("Delete it and close my account")),
    ]


def backup_states() -> Choices:
    """How a backup ended."""
    return [("running", _("Under way")), ("done", _("Done")), ("failed", _("Failed"))]


def archive_states() -> Choices:
    """How far an archive package is."""
    return [
        ("waiting", _("Being made")),
        ("ready", _("Ready to download")),
        ("failed", _("Not made")),
    ]


def queues() -> Choices:
    """Where background work waits: seconds of it, or minutes and more."""
    return [("short", _("Short jobs")), ("long", _("Long jobs"))]


def system_parts() -> Choices:
    """What has to be there for the portal to work."""
    return [
        ("database", _("Database")),
        ("migrations", _("State of the tables")),
        ("broker", _("Queue of background work")),
        ("storage", _("File store")),
        ("workers", _("Workers")),
        ("waiting", _("Waiting work")),
    ]


def restart_causes() -> Choices:
    """Why a watchdog started a cluster again."""
    return [
        ("", _("Never restarted")),
        ("died", _("Its process ended")),
        ("stuck", _("It gave no sign of life")),
    ]


def relation_kinds() -> Choices:
    """Ties that make a conflict of interest."""
    return [
        ("taught", _("Taught")),
        ("mentored", _("Mentored")),
        ("partnered", _("Partnered with")),
        ("accepted_for", _("Accepted work of")),
        ("bought_from", _("Bought from")),
        ("employed_by", _("Employed by")),
        ("declared", _("Declared conflict")),
    ]


def notice_kinds() -> Choices:
    """What a notice is about."""
    return [
        ("admission", _("Proposed admissions")),
        ("call_result", _("Selected proposal")),
        ("grades", _("Proposed grades")),
        ("announcement", _("Announcement")),
    ]


def document_kinds() -> Choices:
    """What the portal issues."""
    return [
        ("grading_statement", _("Capability grading statement")),
        ("course_completion", _("Proof of completion")),
        ("acceptance_form", _("Acceptance form")),
        ("recommendation_snapshot", _("Recommendation snapshot")),
    ]


def signature_kinds() -> Choices:
    """What a signature is worth (电子签名法 art. 13)."""
    return [
        ("own", _("not a reliable electronic signature (the county's own key)")),
        ("licensed", _("electronic signature with a licensed authority's certificate")),
    ]


def time_sources() -> Choices:
    """Whose clock a document's time comes from."""
    return [
        ("system", _("system time (no time stamp authority)")),
        ("tsa", _("time stamp of an authority (RFC 3161)")),
    ]


def document_states() -> Choices:
    """What a check of a document says."""
    return [
        ("valid", _("Valid")),
        ("suspended", _("Suspended")),
        ("revoked", _("Revoked")),
        ("superseded", _("Superseded")),
    ]


USCC_ERRORS: dict[str, str | Promise] = {
    "length": _("A unified social credit code has 18 characters."),
    "character": _(
        "The code holds a character that is never used in it; I, O, S, V and Z do not occur."
    ),
    "authority": _("The first two characters name no registration authority and kind."),
    "region": _("The code's region (characters 3 to 8) does not exist."),
    "organisation_check": _(
        "The organisation part (characters 9 to 17) fails its check; compare it with the licence."
    ),
    "check": _("The last character fails the check; compare the code with the licence."),
}


def uscc_error(code: str) -> str | Promise:
    """Say what is wrong with a unified social credit code."""
    return USCC_ERRORS.get(code, _("This is not a unified social credit code."))


REFUSALS: dict[str, str | Promise] = {
    "role": _("Your role does not include this step."),
    "wrong_state": _(
        "This step is not open: the case has moved on. Nothing was changed; "
        "the page now shows where it stands."
    ),
    "stale": _(
        "Somebody changed this case while your page was open. Your input was not "
        "applied; look at the current state and decide again."
    ),
    "reason_required": _("Give a reason."),
    "text_required": _("Write something here; blanks alone do not count."),
    "day_far": _("Enter a day that is not that far away."),
    "own_organisation": _("Nobody decides on a case of their own organisation."),
    "conflict_of_interest": _("You have a tie with this organisation, so others must decide."),
    "already_decided": _("You have already decided on this case."),
    "already_member": _("This person already has this role here."),
    "last_signer": _(
        "This is the last person here in the role “%(role)s”. Let somebody else have it first. "
        "Nothing was changed."
    ),
    "role_clash": _("This role cannot be held together with the role “%(held)s”."),
    "role_held": _("This person has this role already. Nothing was changed."),
    "role_not_held": _("This person does not have this role. Nothing was changed."),
    "last_administrator": _(
        "Nobody else can sign in in this role: %(role)s. Grant it to somebody else first. "
        "Nothing was changed."
    ),
    "role_unbound": _("This role does not fit this kind of organisation."),
    "already_appointed": _("There is a security administrator, who grants every other role."),
    "privacy_file": _("The file “%(name)s” holds no privacy notice."),
    "privacy_version": _(
        "Version %(version)s was published with other words. Give the new text a new version."
    ),
    "privacy_newer": _("A newer version was published meanwhile. Please read that one."),
    "request_open": _("You have asked this already; the answer is under way."),
    "own_request": _("Nobody answers their own request."),
    "own_factor": _("Nobody asks for or confirms the reset of their own second factor."),
    "same_person": _("Whoever asked cannot confirm: a second administrator must."),
    "no_factor": _("This person has no second factor set up."),
    "factor_reset_open": _("The reset was asked for already and waits for a second person."),
    "factor_reset_over": _("This request was answered already, or its time is over."),
    "own_account": _("Nobody closes or opens their own account."),
    "account_erased": _("This account was deleted; it cannot be opened again."),
    "use_restricted": _(
        "The person has had the use of their data restricted: they may only be kept."
    ),
    "own_role": _("Nobody grants a role to themselves."),
    "invitation_invalid": _("This invitation is no longer valid. Ask for a new one."),
    "invitation_email": _("This invitation was sent to another address."),
    "draft_moved": _(
        "Another tab or device has kept or sent this form since. Nothing was overwritten."
    ),
    "divisions_rejected": _("Rows of the file cannot be taken. Nothing of it was kept."),
    "file_empty": _("The file “%(name)s” is empty and was not kept."),
    "file_too_large": _(
        "The file “%(name)s” is larger than %(limit)s MB and was not kept. "
        "Make it smaller or split it."
    ),
    "file_type": _(
        "The file “%(name)s” is of this kind: %(found)s, which is not taken here. "
        "Nothing was kept; allowed are: %(allowed)s."
    ),
    "file_ending": _(
        "“%(name)s” is a %(found)s, but its name ends otherwise. Nothing was kept; let the name "
        "end in %(endings)s and upload it again."
    ),
    "storage_full": _(
        "The file could not be stored. Nothing was kept; try again later or tell the staff."
    ),
    "archive_empty": _("Nothing of this kind was issued in these days."),
    "archive_too_many": _("A package holds at most %(most)s documents. Choose fewer days."),
    "archive_damaged": _(
        "No package was made: the stored file of %(number)s is not what was stored. Tell the "
        "system administrator."
    ),
    "no_glyph": _(
        "Nothing was issued: the document's fonts cannot print these signs: %(signs)s. "
        "Replace them and try again."
    ),
    "not_found": _("This does not exist or is not yours."),
    "invalid_input": _("Some answers need mending; everything you typed is still here."),
    "not_enough_assessors": _(
        "There are not enough reviewers without a conflict; name more reviewers first."
    ),
    "login_locked": _("Too many failed attempts. Try again later."),
    "token_label": _("Say what the token is for, so that you recognise it later."),
    "token_days": _("Choose one of the lifetimes offered."),
    "too_many_tokens": _(
        "You have %(most)s tokens that work. Revoke one that you no longer need, then make "
        "a new one."
    ),
    "notice_running": _("The public notice is still running, until %(closes_on)s."),
}


def refusal_text(refusal: Refused) -> str:
    """Say in the reader's language why a use case was refused; days read as days."""
    return filled(REFUSALS.get(refusal.code, refusal_unknown()), refusal.params)


def refusal_named(code: str) -> str:
    """Return a refusal's words where only its code was kept; “…” stands for what it named."""
    return str(REFUSALS.get(code, "") % Blanks())  # type: ignore[operator]


def refusals_named(text: str) -> list[str]:
    """Return the refusals whose words in the language in use hold ``text``."""
    wanted = text.casefold()
    return [code for code in REFUSALS if wanted in refusal_named(code).casefold()]


def refusal_unknown() -> str | Promise:
    """Say that nothing was done, where the reason has no words of its own."""
    return _("This could not be done. Nothing was changed.")


def add_refusals(texts: dict[str, str | Promise]) -> None:
    """Register an app's refusal texts by code (called from its ``labels`` on import)."""
    register("refusals", REFUSALS, texts)


WORK_KINDS: dict[str, tuple[str | Promise, str, str | Promise]] = {
    "membership_invited": (_("Accept the invitation"), "users", _("Open")),
    "data_request": (_("Answer a request about personal data"), "user", _("Open")),
    "factor_reset": (
        _("Confirm or decline: %(name)s lost the second factor"),
        "shield-check",
        _("Open"),
    ),
    "job_parked": (_("A background job failed three times: %(task)s"), "alert-triangle", _("Look")),
}
"""Work item kind → (title with named params, icon, the action's button)."""

NOTIFICATION_KINDS: dict[str, tuple[str | Promise, str | Promise, str | Promise]] = {
    "invitation": (
        _("Invitations"),
        _("You are invited to act for %(organisation)s"),
        _("%(inviter)s invites you as %(role)s of %(organisation)s. Open the link to accept."),
    ),
    "data_answer": (
        _("Answers about my data"),
        _("Your request about your data is answered"),
        _("The answer: %(answer)s"),
    ),
    "factor_reset_asked": (
        _("Reset of my second factor"),
        _("An administrator asks to reset your second factor"),
        _(
            "A second administrator decides within 24 hours. If you did not report a lost "
            "second factor, tell the security administrator at once."
        ),
    ),
    "factor_reset_done": (
        _("Reset of my second factor"),
        _("Your second factor was reset"),
        _(
            "Two administrators removed your authenticator app, passkeys and recovery codes, and "
            "ended your sessions. Sign in with your password and set up a new second factor. If "
            "you did not ask for this, tell the security administrator at once."
        ),
    ),
    "job_parked": (
        _("Failed background jobs"),
        _("A background job failed three times"),
        _("The job %(task)s was parked after three attempts."),
    ),
    "archive_ready": (
        _("Archive packages that are ready"),
        _("The archive package is ready"),
        _("It holds %(count)s documents and can be downloaded until %(until)s."),
    ),
    "archive_failed": (
        _("Archive packages that failed"),
        _("No archive package was made"),
        _("The page of archive packages says why."),
    ),
    "backup_failed": (
        _("Failed backups"),
        _("The backup %(name)s did not succeed"),
        _("The backup %(name)s failed or lacks files. The page of backups says why."),
    ),
}
"""Notification kind → (its name in the preferences, subject, text), with named params."""

ALWAYS_TOLD = frozenset({"factor_reset_asked", "factor_reset_done"})
"""Kinds that protect an account: they go out, mail too, whatever the person has chosen."""


OVER_WHEN_DUE: set[str] = set()
"""Kinds of work items that nobody can do after their day: the case has then ended by itself."""


def add_work_kinds(
    kinds: dict[str, tuple[str | Promise, str, str | Promise]], over_when_due: Iterable[str] = ()
) -> None:
    """Register an app's kinds of work items; those ``over_when_due`` leave the inbox by date."""
    register("kinds of work items", WORK_KINDS, kinds)
    OVER_WHEN_DUE.update(over_when_due)


def add_notification_kinds(
    kinds: dict[str, tuple[str | Promise, str | Promise, str | Promise]],
) -> None:
    """Register an app's kinds of notifications."""
    register("kinds of notifications", NOTIFICATION_KINDS, kinds)


Tone = tuple[str | Promise, str | Promise, str, str]
"""A state's (staff name, public name, tone, icon); tones as in the component sheet."""

STATES: dict[str, dict[str, Tone]] = {}


def add_states(lifecycle: str, states: dict[str, Tone]) -> None:
    """Register the names of a lifecycle's states."""
    register("states", STATES, {lifecycle: states})


def state_label(lifecycle: str, state: str, *, public: bool = False) -> str | Promise:
    """Return a state's name for staff or for the public."""
    names = STATES[lifecycle][state]
    return names[1] if public else names[0]


def state_choices(lifecycle: str) -> Callable[[], Choices]:
    """Return a callable for a model field's ``choices``."""

    def choices() -> Choices:
        return [(state, names[0]) for state, names in STATES[lifecycle].items()]

    return choices


ACTIONS: dict[str, dict[str, str | Promise]] = {}


def add_actions(lifecycle: str, actions: dict[str, str | Promise]) -> None:
    """Register the words on the buttons of a lifecycle's actions."""
    register("actions", ACTIONS, {lifecycle: actions})


def deed_label(code: str) -> str | Promise:
    """Name an audit action: a lifecycle's step by its button, everything else by its deed."""
    lifecycle, _dot, action = code.rpartition(".")
    return DEEDS.get(code) or ACTIONS.get(lifecycle, {}).get(action, code)


def deeds_named(text: str) -> list[str]:
    """Return the audit actions whose name in the language in use holds ``text``."""
    steps = [f"{name}.{action}" for name, actions in ACTIONS.items() for action in actions]
    wanted = text.casefold()
    return [code for code in (*DEEDS, *steps) if wanted in str(deed_label(code)).casefold()]


def action_label(lifecycle: str, action: str) -> str | Promise:
    """Return the words on an action's button."""
    return ACTIONS[lifecycle][action]

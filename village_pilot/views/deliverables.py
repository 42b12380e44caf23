"""Deliverables: the firm's side, the reviewer's queue and form, the dispute board."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from incubator.selectors.module_uses import declarable, declared_releases
from portal.domain.roles import Role
from portal.permissions import for_roles
from portal.selectors.drafts import draft_data, draft_of
from portal.views.base import act, done, form_page, forms_page, keep_typed, run_form
from village_pilot import labels
from village_pilot.domain.delivery import CRITERIA, DELIVERABLE, EDITABLE, RENEWABLE
from village_pilot.forms import (
    DeliverableForm,
    FileForm,
    ModulesForm,
    ReasonForm,
    ReviewForm,
    SubmitForm,
)
from village_pilot.models import DeliverableVersion
from village_pilot.permissions import roles_in_pilot
from village_pilot.selectors.pilots import review_queue, reviewed_by
from village_pilot.services import deliverables
from village_pilot.services.declared_modules import declare_modules, draft_key
from village_pilot.services.deliverable_files import remove_file
from village_pilot.services.reviews import review_version
from village_pilot.views.pilots import INVOLVED, visible_pilot

FIRM = (Role.FIRM_SIGNER, Role.FIRM_MEMBER)


def visible_version(request: HttpRequest, pk: int) -> DeliverableVersion:
    """Return a version that the person may see, or answer 404."""
    rows = DeliverableVersion.objects.visible_to(request.user).with_pilot()
    return get_object_or_404(rows, pk=pk)


@for_roles(*FIRM)
def deliverable_add(request: HttpRequest, number: str) -> HttpResponse:
    """Begin a deliverable."""
    pilot = visible_pilot(request, number)
    form = DeliverableForm(request.POST or None, pilot=pilot)
    ok, version = run_form(
        form,
        lambda values: deliverables.create_deliverable(
            pilot=pilot, actor=request.user, now=timezone.now(), **values
        ),
    )
    if ok:
        return redirect("village_pilot:deliverable", version.pk)
    context = {"pilot": pilot, "heading": _("New deliverable"), "action": _("Go on")}
    return form_page(request, "village_pilot/pilot_form.html", form, context)


@for_roles(*INVOLVED)
@require_safe
def deliverable_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One version: files, review, decision, and what can be done now."""
    return version_page(request, visible_version(request, pk))


def version_page(
    request: HttpRequest,
    version: DeliverableVersion,
    upload: FileForm | None = None,
    submit: SubmitForm | None = None,
    choice: ModulesForm | None = None,
) -> HttpResponse:
    """Draw a version's page, with a form that was refused if there is one.

    What was typed into the form and not sent yet (another file was added, say) is still there.
    """
    held = roles_in_pilot(request.user, version.pilot)
    firm = bool(held & set(FIRM))
    editable = firm and version.state in EDITABLE
    if editable and (submit or choice):
        keep_typed(request, draft_key(version))
    draft = draft_of(request.user, draft_key(version)) if editable else None
    written = draft_data(draft) if draft else None
    newest = not version.deliverable.versions.filter(number__gt=version.number).exists()
    context = {
        "version": version,
        "pilot": version.pilot,
        "files": version.files.order_by("created_at"),
        "reviews": reviews_of(version, show_reviewer=not firm),
        "declared": None if editable else declared_releases(version.declared_ids),
        "choice": (choice or modules_form(version, written)) if editable else None,
        "decision": getattr(version, "decision", None),
        "actions": DELIVERABLE.actions(version.state, held),
        "upload": (upload or FileForm()) if editable else None,
        "submit": (submit or submit_form(version, written)) if editable else None,
        "draft": draft,
        "draft_url": reverse("portal:draft", args=[draft_key(version)]),
        "may_renew": firm and newest and version.state in RENEWABLE,
        "may_assign": Role.STAFF in held and version.state == "submitted",
        "today": timezone.localdate(),
    }
    bound = {"upload": upload, "submit": submit, "choice": choice}
    refused = {name: form for name, form in bound.items() if form is not None and form.errors}
    drawn = bound if editable else ()
    return forms_page(request, "village_pilot/deliverable_detail.html", context, refused, drawn)


def modules_form(version: DeliverableVersion, typed: QueryDict | None = None) -> ModulesForm:
    """Return the form that declares modules: what is ticked, else what is declared so far."""
    declared = list(version.declared_ids)
    offered = declarable(version.pilot.provider_id, declared)
    initial = typed.getlist("releases") if typed and "offered" in typed else declared
    return ModulesForm(offered=offered, initial={"releases": initial})


def sent_modules(version: DeliverableVersion, data: QueryDict) -> ModulesForm:
    """Return the form that declares modules as it was sent."""
    offered = declarable(version.pilot.provider_id, list(version.declared_ids))
    return ModulesForm(data, offered=offered)


def submit_form(version: DeliverableVersion, typed: QueryDict | None = None) -> SubmitForm:
    """Return the form that hands a version in, filled with what was written so far."""
    note = typed.get("note", version.note) if typed else version.note
    return SubmitForm(initial={"note": note, "version": version.version})


def reviews_of(version: DeliverableVersion, *, show_reviewer: bool) -> list[dict[str, object]]:
    """Return the reviews with the criteria's names, newest first."""
    return [
        {
            "review": review,
            "rows": [
                (labels.CRITERIA[name], review.scores[name], review.narratives[name])
                for name in CRITERIA
            ],
            "reviewer": review.reviewer.name if show_reviewer else "",
        }
        for review in version.reviews.select_related("reviewer").order_by("-id")
    ]


@for_roles(*FIRM)
@require_POST
def deliverable_upload(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a file."""
    version = visible_version(request, pk)
    form = FileForm(request.POST, request.FILES)
    ok, _stored = run_form(
        form,
        lambda values: deliverables.add_file(
            version=version, upload=values["file"], actor=request.user, now=timezone.now()
        ),
    )
    if ok:
        return done(request, _("The file is stored."), "village_pilot:deliverable", pk)
    return version_page(request, visible_version(request, pk), upload=form)


@for_roles(*FIRM)
@require_POST
def deliverable_file_remove(request: HttpRequest, pk: int, file: UUID) -> HttpResponse:
    """Take a file out again."""
    version = visible_version(request, pk)
    return act(
        request,
        lambda: remove_file(version=version, file=file, actor=request.user, now=timezone.now()),
        "village_pilot:deliverable",
        pk,
    )


@for_roles(*FIRM)
@require_POST
def deliverable_modules(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep the shared modules that the version uses, and the text as far as it is written."""
    version = visible_version(request, pk)
    data = {"note": version.note, "version": version.version, **request.POST.dict()}
    form, written = sent_modules(version, request.POST), SubmitForm(data, whole=False)
    ok = written.is_valid()
    if ok:
        ok, _declared = run_form(
            form,
            lambda values: declare_modules(
                version=version,
                releases=values["releases"],
                note=written.cleaned_data["note"],
                actor=request.user,
                now=timezone.now(),
            ),
        )
    if ok:
        text = _("Your choice of modules is kept.")
        return done(request, text, "village_pilot:deliverable", pk)
    return version_page(request, visible_version(request, pk), choice=form, submit=written)


@for_roles(*FIRM)
@require_POST
def deliverable_submit(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand a version in, with the modules that are ticked."""
    version = visible_version(request, pk)
    form = SubmitForm(request.POST)
    choice = sent_modules(version, request.POST) if "offered" in request.POST else None
    if choice is not None and not choice.is_valid():
        return version_page(request, version, submit=form, choice=choice)
    ok, _moved = run_form(
        form,
        lambda values: deliverables.submit_version(
            version=version,
            note=values["note"],
            releases=choice.cleaned_data["releases"] if choice else None,
            actor=request.user,
            now=timezone.now(),
            expected_version=values["version"],
        ),
    )
    if ok:
        return done(request, _("Handed in for technical review."), "village_pilot:deliverable", pk)
    # Refused forms are drawn beside the case as it stands now, and belong to that.
    version = visible_version(request, pk)
    form.data = {**form.data.dict(), "version": version.version}
    return version_page(request, version, submit=form, choice=choice)


@for_roles(*FIRM)
@require_POST
def deliverable_next(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin the next version."""
    version = visible_version(request, pk)
    return act(
        request,
        lambda: deliverables.start_version(
            deliverable=version.deliverable, actor=request.user, now=timezone.now()
        ),
        "village_pilot:pilot",
        version.pilot.number,
    )


@for_roles(Role.STAFF)
@require_POST
def deliverable_assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Look again for a reviewer."""
    version = visible_version(request, pk)
    return act(
        request,
        lambda: deliverables.assign_reviewer(
            version=version, actor=request.user, now=timezone.now()
        ),
        "village_pilot:deliverable",
        pk,
    )


@for_roles(Role.FIRM_SIGNER)
def deliverable_dispute(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a refusal to the dispute board."""
    version = visible_version(request, pk)
    form = ReasonForm(request.POST or None, initial={"version": version.version})
    ok, _moved = run_form(
        form,
        lambda values: deliverables.dispute_refusal(
            version=version,
            reason=values["reason"],
            actor=request.user,
            now=timezone.now(),
            expected_version=values["version"],
        ),
    )
    if ok:
        text = _("The dispute board has your objection.")
        return done(request, text, "village_pilot:deliverable", pk)
    context = {
        "pilot": version.pilot,
        "heading": _("Dispute the refusal"),
        "action": _("Send"),
    }
    return form_page(request, "village_pilot/pilot_form.html", form, context)


@for_roles(Role.DISPUTE_BOARD)
def deliverable_resolve(request: HttpRequest, pk: int) -> HttpResponse:
    """Record the dispute board's outcome."""
    version = visible_version(request, pk)
    form = ReasonForm(request.POST or None, initial={"version": version.version})
    ok, _moved = run_form(
        form,
        lambda values: deliverables.resolve_dispute(
            version=version,
            outcome=values["reason"],
            actor=request.user,
            now=timezone.now(),
            expected_version=values["version"],
        ),
    )
    if ok:
        return done(request, _("The outcome is recorded."), "village_pilot:deliverable", pk)
    context = {
        "pilot": version.pilot,
        "heading": _("Record the outcome"),
        "action": _("Record"),
    }
    return form_page(request, "village_pilot/pilot_form.html", form, context)


@for_roles(Role.TECH_REVIEWER)
@require_safe
def review_list(request: HttpRequest) -> HttpResponse:
    """What waits for my review, and what I reviewed."""
    context = {"waiting": review_queue(request.user), "past": reviewed_by(request.user)}
    return render(request, "village_pilot/review_list.html", context)


@for_roles(Role.TECH_REVIEWER)
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """Review a version: the evidence beside the form."""
    version = visible_version(request, pk)
    if request.method == "GET" and version.state != "technical_review":
        return redirect("village_pilot:deliverable", pk)
    form = ReviewForm(request.POST or None, initial={"version": version.version})
    ok, _made = run_form(
        form,
        lambda values: review_version(
            version=version, actor=request.user, now=timezone.now(), **form.deed(values)
        ),
    )
    if ok:
        return done(request, _("Your review is recorded."), "village_pilot:reviews")
    context = {
        "version": version,
        "pilot": version.pilot,
        "files": version.files.order_by("created_at"),
        "declared": declared_releases(version.declared_ids),
        "groups": [(form[f"score_{name}"], form[f"narrative_{name}"]) for name in CRITERIA],
    }
    return form_page(request, "village_pilot/review.html", form, context)

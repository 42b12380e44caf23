"""Who passes the gate of the routes of incubation."""

FIRM = frozenset({"firm_signer", "firm_member"})
STAFF = frozenset({"staff"})
MENTOR = frozenset({"expert"})
ALL = FIRM | STAFF | {"expert"}

MATRIX: dict[str, frozenset[str] | str] = {
    "incubator:cohorts": STAFF,
    "incubator:cohort_new": STAFF,
    "incubator:agreements": STAFF,
    "incubator:plan_templates": STAFF,
    "incubator:milestone": ALL,
    "incubator:milestone_deed": ALL,
    "incubator:periodic_review": ALL,
    "incubator:review_deed": ALL,
    "incubator:cohort": STAFF,
    "incubator:cohort_edit": STAFF,
    "incubator:cohort_offer": STAFF,
    "incubator:cohort_capacity": STAFF,
    "incubator:cohort_move": STAFF,
    "incubator:our_incubation": FIRM,
    "incubator:incubation": ALL,
    "incubator:incubation_mentor": STAFF,
    "incubator:incubation_deed": ALL,
    "incubator:office_hours": MENTOR,
    "incubator:office_publish": MENTOR,
    "incubator:office_slot": MENTOR,
    "incubator:office_slot_deed": MENTOR,
    "incubator:office_choose": FIRM,
    "incubator:office_book": FIRM,
    "incubator:office_booking": ALL,
    "incubator:office_booking_deed": ALL,
    "incubator:office_booking_file": ALL,
}

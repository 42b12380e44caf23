"""Who passes the gate of the routes of applications (object rules come after)."""

FIRM = frozenset({"firm_signer", "firm_member"})
STAFF = frozenset({"staff"})
ASSESSOR = frozenset({"assessor"})

MATRIX: dict[str, frozenset[str] | str] = {
    "incubator:windows": "public",
    "incubator:service_times": "public",
    "incubator:window": "public",
    "incubator:window_desk": STAFF,
    "incubator:window_work": STAFF,
    "incubator:window_move": STAFF,
    "incubator:apply": "login",
    "incubator:firm_new": "login",
    "incubator:application_list": FIRM,
    "incubator:application_new": FIRM,
    "incubator:application": FIRM,
    "incubator:attach": FIRM,
    "incubator:detach": FIRM,
    "incubator:reuse": FIRM,
    "incubator:withdraw": FIRM,
    "incubator:review_request": FIRM,
    "incubator:review_drop": FIRM,
    "incubator:screening_list": STAFF,
    "incubator:screening_case": STAFF,
    "incubator:screening_contact": STAFF,
    "incubator:screening_deed": STAFF,
    "incubator:admission_notice": STAFF,
    "incubator:review_list": ASSESSOR,
    "incubator:review": ASSESSOR,
    "incubator:review_conflict": ASSESSOR,
}

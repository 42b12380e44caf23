"""Who passes the gate of the routes of calls and proposals."""

WORKERS = frozenset({"call_owner", "staff"})
OWNERS = frozenset({"call_owner"})
STAFF = frozenset({"staff"})
WRITERS = frozenset({"firm_signer", "firm_member"})
MEMBERS = WRITERS | {"institute_member"}
SIGNERS = frozenset({"firm_signer", "institute_member"})
ASSESSORS = frozenset({"assessor"})

MATRIX: dict[str, frozenset[str] | str] = {
    "incubator:calls": "public",
    "incubator:call": "public",
    "incubator:call_ask": "login",
    "incubator:own_calls": WORKERS,
    "incubator:call_new": OWNERS,
    "incubator:call_work": WORKERS,
    "incubator:call_edit": OWNERS,
    "incubator:call_assign": STAFF,
    "incubator:call_decide": WORKERS,
    "incubator:call_move": WORKERS,
    "incubator:call_answer": OWNERS,
    "incubator:proposals": MEMBERS,
    "incubator:proposal_new": WRITERS,
    "incubator:proposal": MEMBERS | WORKERS | ASSESSORS,
    "incubator:proposal_edit": WRITERS,
    "incubator:partner_add": WRITERS,
    "incubator:partner_remove": WRITERS,
    "incubator:proposal_attach": WRITERS,
    "incubator:proposal_detach": WRITERS,
    "incubator:proposal_move": WRITERS,
    "incubator:consent": SIGNERS,
    "incubator:decline": SIGNERS,
    "incubator:proposal_review": ASSESSORS,
    "incubator:review_step_back": ASSESSORS,
}

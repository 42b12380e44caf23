"""The security checklist: for each item the tests that show it, or decision 0016."""

import importlib
import re
from pathlib import Path

import pytest
from django.conf import settings

from tests.access.checklist import IDS

RECORD = Path(settings.BASE_DIR) / "config" / "decisions" / "0016-operators-items.md"
SIGNIN, MATRIX, FOREIGN = (
    f"tests.access.{name}" for name in ("test_signin", "test_matrix", "test_foreign")
)
REGISTER, FIELDS = "tests.access.test_data_register", "tests.access.test_field_register"
SHOWN_HERE, LOGS = "tests.access.test_shown", "tests.access.test_logs"
SERVICES = "tests.portal.services."
AUDIT, BACKUP = f"{SERVICES}test_audit", f"{SERVICES}test_backup"
FACTORS, SEALING = f"{SERVICES}test_factors", f"{SERVICES}test_sealing"
ROUNDS = "tests.certification.services.test_rounds"
SCORECARDS = "tests.certification.views.test_rounds"
DOCUMENTS, SHEETS = f"{SERVICES}test_documents", "tests.portal.documents.test_conformance"
CHECKED = "tests.portal.views.test_documents"
SNAPSHOTS = "tests.certification.views.test_snapshots"
PERSONAL, PRIVACY = f"{SERVICES}test_personal", "tests.portal.views.test_privacy"

SHOWN: dict[str, list[tuple[str, str]]] = {
    "SEC-01": [(SIGNIN, "test_second_account_with_the_same_login_is_refused")],
    "SEC-02": [
        (SIGNIN, "test_strength_by_who_it_is"),
        (SIGNIN, "test_password_does_not_return_among_the_last_five"),
        (SIGNIN, "test_old_password_must_be_changed_first"),
        (SIGNIN, "test_common_password_is_refused"),
    ],
    "SEC-03": [
        (SIGNIN, "test_fifth_failure_locks_the_account_for_that_address_only"),
        (SIGNIN, "test_unknown_login_is_answered_and_locked_like_a_known_one"),
    ],
    "SEC-04": [(SIGNIN, "test_session_ends_on_the_server")],
    "SEC-05": [
        (SHOWN_HERE, "test_sec_05_plain_http_is_sent_to_https"),
        (SHOWN_HERE, "test_sec_05_browsers_are_told_to_come_by_https_only"),
        (SHOWN_HERE, "test_sec_05_every_cookie_is_secure_and_closed_to_scripts"),
    ],
    "SEC-06": [
        (SEALING, "test_sec_06_person_signs_in_with_the_code_also_after_a_change_of_keys"),
        (FACTORS, "test_two_administrators_take_a_lost_factor_off"),
        (FACTORS, "test_confirmation_is_refused"),
        (SIGNIN, "test_administrator_without_a_second_factor_gets_nowhere"),
        (SIGNIN, "test_there_is_one_door"),
    ],
    "SEC-07": [(MATRIX, "test_gate_admits_whom_the_matrix_names")],
    "SEC-08": [
        (SIGNIN, "test_password_set_by_another_must_be_changed_first"),
        ("tests.portal.management.test_appoint", "test_nobody_unknown_is_appointed"),
    ],
    "SEC-09": [
        (PRIVACY, "test_dormant_accounts_are_flagged_and_found"),
        (PERSONAL, "test_closed_account_is_out_at_once_and_keeps_its_history"),
    ],
    "SEC-10": [
        (f"{SERVICES}test_accounts", "test_groups_that_clash_are_refused_by_any_way"),
        (SIGNIN, "test_request_changes_roles_only_through_the_service"),
        (SHOWN_HERE, "test_sec_10_wagtails_pages_for_people_and_groups_are_closed"),
        (SHOWN_HERE, "test_sec_10_wagtails_api_and_its_tokens_are_not_there"),
    ],
    "SEC-11": [(FOREIGN, "test_object_of_somebody_else_is_not_there")],
    "SEC-12": [("tests.test_project", "test_every_audit_action_has_a_name_for_people")],
    "SEC-13": [
        (f"{SERVICES}test_operations", "test_operation_knows_the_request"),
        (f"{SERVICES}test_operations", "test_refusal_keeps_nothing_but_its_audit_entry"),
    ],
    "SEC-14": [(AUDIT, "test_table_refuses_change"), (AUDIT, "test_changed_entry_is_found")],
    "SEC-15": [
        (
            f"{SERVICES}test_operations",
            "test_business_write_fails_when_its_audit_entry_cannot_be_written",
        )
    ],
    "SEC-16": [
        (AUDIT, "test_portal_does_not_start_on_a_setting_below_six_months"),
        (AUDIT, "test_database_keeps_young_entries_even_where_a_cut_names_them"),
    ],
    "SEC-17": [
        ("tests.hostile.test_naughty", "test_nothing_hostile_breaks_a_page"),
        (SHOWN_HERE, "test_sec_17_server_refuses_what_no_browser_would_send"),
        ("tests.portal.domain.test_identifiers", "test_uscc_vector_comes_out_as_expected"),
        ("tests.hostile.test_uploads", "test_file_that_no_use_takes_is_refused_and_leaves_nothing"),
        (
            "tests.certification.views.test_public",
            "test_export_neutralises_formulas_and_keeps_codes",
        ),
    ],
    "SEC-18": [
        (SNAPSHOTS, "test_sec_18_list_carries_its_digest_and_anybody_can_check_a_copy"),
        (CHECKED, "test_sec_18_number_shows_digest_signature_and_time"),
        (CHECKED, "test_sec_18_uploaded_file_is_known_again_and_altered_is_not"),
    ],
    "SEC-19": [
        (REGISTER, "test_nothing_sensitive_is_held"),
        (FIELDS, "test_sec_19_no_form_asks_for_anything_sensitive"),
        (SEALING, "test_sec_19_database_holds_no_plain_secret"),
        (LOGS, "test_logs_name_nobody_after_everybody_went_everywhere"),
    ],
    "SEC-20": [(BACKUP, "test_restore_brings_everything_back")],
    "SEC-21": [(f"{SERVICES}test_backup_runs", "test_nights_set_is_kept_here_and_elsewhere")],
    "SEC-22": [
        (SIGNIN, "test_signing_out_destroys_the_session_and_is_audited"),
        (SIGNIN, "test_reset_link_works_once"),
    ],
    "SEC-23": [
        (FIELDS, "test_sec_23_every_field_that_asks_has_exactly_one_line"),
        (FIELDS, "test_sec_23_every_line_says_what_is_asked_and_why"),
        (FIELDS, "test_sec_23_register_is_linked_from_the_privacy_notice"),
    ],
    "SEC-24": [
        (PRIVACY, "test_contact_is_masked_until_there_is_a_reason"),
        (
            "tests.incubator.views.test_applications",
            "test_contact_is_masked_for_staff_and_reviewers",
        ),
    ],
    "PI-01": [
        (f"{SERVICES}test_privacy", "test_acceptance_stores_version_and_time_once"),
        (PRIVACY, "test_notice_and_its_versions_are_public"),
    ],
    "PI-02": [(REGISTER, "test_nothing_sensitive_is_held")],
    "PI-03": [(REGISTER, "test_table_that_points_at_a_person_names_the_way_and_the_data")],
    "PI-04": [
        (PRIVACY, "test_own_data_are_shown_and_taken_away"),
        (PERSONAL, "test_granted_deletion_closes_at_once_and_erases_a_week_later"),
    ],
    "PI-05": [
        (SHOWN_HERE, "test_pi_05_no_grade_without_a_named_persons_decision"),
        (ROUNDS, "test_propose_names_the_lead_on_every_firm"),
        (ROUNDS, "test_propose_of_quarantined_evidence_needs_the_lead_s_words"),
        (SCORECARDS, "test_decisions_are_not_preset_and_name_the_computed_tier"),
        (SCORECARDS, "test_scorecard_explains_every_delivery"),
        (SCORECARDS, "test_firm_reads_its_own_scorecard_once_proposed"),
    ],
    "PI-07": [
        (SHOWN_HERE, "test_pi_07_sign_up_asks_for_fourteen_years"),
        (SHOWN_HERE, "test_pi_07_public_pages_name_no_person_but_who_teaches"),
    ],
    "ES-01": [
        (DOCUMENTS, "test_es_01_issued_document_cannot_be_changed"),
        (DOCUMENTS, "test_es_01_kept_file_cannot_be_changed"),
    ],
    "ES-02": [
        (DOCUMENTS, "test_es_02_signature_verifies_and_one_altered_byte_fails"),
        (SHEETS, "test_es_02_signed_file_passes_both_standards_and_says_what_it_is"),
    ],
    "ES-03": [
        (DOCUMENTS, "test_es_03_time_stamp_is_kept_where_an_authority_is_set"),
        (DOCUMENTS, "test_es_03_without_an_authority_the_time_is_the_systems"),
    ],
    "ES-04": [
        (f"{SERVICES}test_archive", "test_es_04_package_holds_the_documents_and_a_manifest"),
    ],
    "DS-01": [(REGISTER, "test_every_table_has_exactly_one_line")],
}


def recorded() -> set[str]:
    """Return the ids that have a line in the decision record."""
    lines = re.findall(r"(?m)^- ([A-Z0-9, -]+):", RECORD.read_text(encoding="utf-8"))
    return {identifier for line in lines for identifier in line.split(", ")}


def test_no_item_is_missing_and_none_is_in_both_places():
    assert len(IDS) == 39
    assert sorted(SHOWN.keys() | recorded()) == sorted(IDS)
    assert SHOWN.keys() & recorded() == set()


@pytest.mark.parametrize("item", SHOWN)
def test_item_is_shown_by_tests_that_exist(item):
    missing = [
        f"{module}::{name}"
        for module, name in SHOWN[item]
        if not callable(getattr(importlib.import_module(module), name, None))
    ]
    assert missing == []

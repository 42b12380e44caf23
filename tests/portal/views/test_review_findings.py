"""What a cold reviewer broke, kept mended."""

import pytest


@pytest.mark.parametrize("number", ["a/b", "..%2F..%2F", "\N{GRINNING FACE}/../x", "x" * 41])
def test_verify_form_odd_number_is_explained(world, number):
    answer = world.client().get("/verify/", {"number": number})
    assert answer.status_code == 200
    assert answer.context["form"].errors.keys() == {"number"}


def test_audit_first_day_of_time_is_no_crash(world):
    answer = world.client("auditor").get("/workspace/audit/", {"since": "0001-01-01"})
    assert answer.status_code == 200
    assert answer.context["form"].errors.keys() == {"since"}


def test_reloaded_deed_shows_the_portals_page(world):
    answer = world.client("owner").get("/workspace/notifications/read/")
    assert answer.status_code == 405
    assert answer["Allow"] == "POST"
    assert "此地址只用于提交表单" in answer.content.decode()


def test_refused_role_change_says_why(world):
    answer = world.client("secadmin").post(
        f"/workspace/people/{world.secadmin.pk}/role/", {"role": "learner", "deed": "grant"}
    )
    assert answer.status_code == 403
    assert "任何人不得为自己授予角色" in answer.content.decode()


def test_admin_policy_names_one_frame_ancestor(world):
    policy = world.client("staff").get("/admin/")["Content-Security-Policy"]
    ancestors = [part for part in policy.split("; ") if part.startswith("frame-ancestors")]
    assert ancestors == ["frame-ancestors 'self'"]

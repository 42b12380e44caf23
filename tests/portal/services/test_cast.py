"""The cast of the demo has the contract's logins."""

from config.demo.cast import CAST


def test_cast_created_everybody_has_a_role(world):
    assert len(world.people) == len(CAST)
    assert world.owner.active_memberships[0].role == "firm_signer"
    assert world.auditor.role_codes == {"auditor"}

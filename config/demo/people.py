"""Firms, their signers, villages and their signers: registered through the services."""

from config.demo.cast import BODIES, VILLAGE, Body, create_bodies, create_body, firm_code
from config.demo.clock import Clock
from config.demo.data import FIRMS, VILLAGES, Firm
from portal.domain.identifiers import make_uscc
from portal.domain.roles import Role
from portal.models import Organisation, User
from portal.services.accounts import add_member, create_person, register_organisation

OWNERS = {1: "owner", 2: "owner2"}
TOWNSHIPS = ("630123100000", "630123101000", "630123200000", "630123202000", "630123205000")


class People:
    """Everybody in the story, by what the story calls them."""

    def __init__(self, cast: dict[str, User], clock: Clock, password: str) -> None:
        """Register the firms and the committees of the fifteen villages."""
        self.cast, self.clock, self.password = cast, clock, password
        self.owners: dict[int, User] = {}
        self.firms: dict[int, Organisation] = {}
        self.signers: list[User] = []
        self.committees: list[Organisation] = []
        for firm in FIRMS:
            self.add_firm(firm)
        for number, village in enumerate(VILLAGES):
            self.add_committee(number, village)

    def __getitem__(self, login: str) -> User:
        """Return a person of the cast."""
        return self.cast[login]

    def person(self, login: str, name: str) -> User:
        """Create somebody beside the cast."""
        return create_person(
            email=f"{login}@demo.example", name=name, password=self.password, now=self.clock.now
        )

    def add_firm(self, firm: Firm) -> None:
        """Register a firm with its signer (the cast's two are there already)."""
        login = OWNERS.get(firm.number)
        if login:
            owner = self.cast[login]
            body = create_bodies(["firm" if firm.number == 1 else "firm2"], now=self.clock.now)
            organisation = next(iter(body.values()))
        else:
            short = firm.name.removesuffix("有限公司")
            owner = self.person(f"firm{firm.number}", f"{short}签署人")
            organisation = register_organisation(
                kind="firm",
                name=firm.name,
                name_en=firm.name_en,
                uscc=firm_code(firm.number),
                region_code=TOWNSHIPS[firm.number % len(TOWNSHIPS)],
                address=f"湟源县示例路 {firm.number} 号",
                phone=f"0971-00000{firm.number:02d}",
                legal_representative=f"{short}法人",
                actor=owner,
                now=self.clock.now,
            )
        self.owners[firm.number], self.firms[firm.number] = owner, organisation

    def add_committee(self, number: int, village: str) -> None:
        """Register a village committee with its signer (the cast's village is there already)."""
        if village == VILLAGE:
            self.committees.append(create_body(BODIES["village"], now=self.clock.now))
            self.signers.append(self.cast["signer"])
            return
        code = make_uscc("54", "630123", f"MADEM{100 + number}")
        body = Body("village_committee", "", "", code, village)
        committee = create_body(body, now=self.clock.now)
        signer = self.person(f"signer{number}", f"示例村签字人{number:02d}")
        add_member(
            user=signer,
            organisation=committee,
            role=Role.VILLAGE_SIGNER,
            actor=None,
            now=self.clock.now,
        )
        self.committees.append(committee)
        self.signers.append(signer)

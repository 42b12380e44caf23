"""Tables of the base: people, regions, records, registers, pages."""

from portal.models.accounts import Invitation, Membership, Organisation, User
from portal.models.archives import ArchivePackage
from portal.models.base import Stateful
from portal.models.jobs import (
    EventReceipt,
    EventRecord,
    Job,
    Work,
    WorkerCluster,
    WorkQuerySet,
)
from portal.models.objections import Objection, ObjectionFile
from portal.models.pages import (
    HelpPage,
    HomePage,
    NewsIndexPage,
    NewsPage,
    PolicyPage,
    StandardPage,
)
from portal.models.privacy import DataRequest, PrivacyAcceptance, PrivacyNotice
from portal.models.records import (
    AuditAnchor,
    AuditCut,
    AuditEntry,
    AuditHead,
    BackupRun,
    FormDraft,
    StoredFile,
)
from portal.models.regions import Region
from portal.models.registers import (
    Bilingual,
    IssuedDocument,
    Notice,
    Notification,
    NotificationPreference,
    Relation,
    SerialCounter,
    WorkItem,
)
from portal.models.security import FactorReset, LoginFailure, PasswordRecord
from portal.models.tokens import AccessToken, CalendarFeed

__all__ = [
    "AccessToken",
    "ArchivePackage",
    "AuditAnchor",
    "AuditCut",
    "AuditEntry",
    "AuditHead",
    "BackupRun",
    "Bilingual",
    "CalendarFeed",
    "DataRequest",
    "EventReceipt",
    "EventRecord",
    "FactorReset",
    "FormDraft",
    "HelpPage",
    "HomePage",
    "Invitation",
    "IssuedDocument",
    "Job",
    "LoginFailure",
    "Membership",
    "NewsIndexPage",
    "NewsPage",
    "Notice",
    "Notification",
    "NotificationPreference",
    "Objection",
    "ObjectionFile",
    "Organisation",
    "PasswordRecord",
    "PolicyPage",
    "PrivacyAcceptance",
    "PrivacyNotice",
    "Region",
    "Relation",
    "SerialCounter",
    "StandardPage",
    "Stateful",
    "StoredFile",
    "User",
    "Work",
    "WorkItem",
    "WorkQuerySet",
    "WorkerCluster",
]

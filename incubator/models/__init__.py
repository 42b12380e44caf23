"""Tables."""

from incubator.models.applications import (
    Application,
    ApplicationAttachment,
    ApplicationReview,
    ApplicationSubmission,
    RefusalReview,
)
from incubator.models.calls import (
    Call,
    CallQuestion,
    Proposal,
    ProposalAttachment,
    ProposalPartner,
    ProposalReview,
)
from incubator.models.cohorts import Cohort, Incubation, IncubationAgreement, PlanTemplate
from incubator.models.courses import (
    CourseIndexPage,
    CoursePage,
    CourseVersion,
    Enrolment,
    LessonRead,
    QuizAttempt,
)
from incubator.models.incubation_plan import IncubationMilestone, IncubationReview
from incubator.models.modules import (
    ModuleDownload,
    ModuleFile,
    ModuleRelease,
    ModuleUse,
    SharedModule,
)
from incubator.models.office_hours import OfficeBooking, OfficeSlot
from incubator.models.quota import (
    CloudOrder,
    PoolMonth,
    QuotaEntry,
    ResourcePool,
    ResourceRequest,
    UsageRecord,
)
from incubator.models.windows import ApplicationWindow, FormVersion

__all__ = [
    "Application",
    "ApplicationAttachment",
    "ApplicationReview",
    "ApplicationSubmission",
    "ApplicationWindow",
    "Call",
    "CallQuestion",
    "CloudOrder",
    "Cohort",
    "CourseIndexPage",
    "CoursePage",
    "CourseVersion",
    "Enrolment",
    "FormVersion",
    "Incubation",
    "IncubationAgreement",
    "IncubationMilestone",
    "IncubationReview",
    "LessonRead",
    "ModuleDownload",
    "ModuleFile",
    "ModuleRelease",
    "ModuleUse",
    "OfficeBooking",
    "OfficeSlot",
    "PlanTemplate",
    "PoolMonth",
    "Proposal",
    "ProposalAttachment",
    "ProposalPartner",
    "ProposalReview",
    "QuizAttempt",
    "QuotaEntry",
    "RefusalReview",
    "ResourcePool",
    "ResourceRequest",
    "SharedModule",
    "UsageRecord",
]

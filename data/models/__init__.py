"""The values that cross room borders: frozen, and without behaviour beyond reading themselves.

A new file here holds values of the standard library's types that more than one room handles; it
imports nothing of Communique.
"""

from data.models.alert import (
    AlertDelivery,
    AlertKind,
    AlertMessage,
    AlertState,
    QueuedEvent,
    message_key,
)
from data.models.capture import Capture, CaptureOwner, RecordPlace, Sightings
from data.models.facet import Facet
from data.models.latency import STAGES, ReleaseTimes, Stage
from data.models.lease import DueHosts, Lease
from data.models.logged_change import LoggedChange, LoggedKind
from data.models.reader_item import ReaderItem, ReaderQuery, ReaderState
from data.models.release import (
    UNDATED_BEFORE,
    Content,
    Draft,
    HiddenRelease,
    Link,
    Media,
    PublicationTime,
    Published,
    Release,
    Return,
    Revision,
    Validator,
    Wait,
)
from data.models.selection import Position, ReleaseState, Selected, Selection
from data.models.source import (
    Handling,
    HandlingKind,
    HealthEvent,
    History,
    Recall,
    RemovedSource,
    Rhythm,
    Run,
    RunError,
    Source,
    SourceRhythm,
)
from data.models.summary import (
    BACKLOG,
    ChangeCursor,
    DayDigest,
    Neighbour,
    Neighbours,
    ReleaseChange,
    ReleaseSummary,
)
from data.models.visit_facts import PageFacts, Streak, VisitFacts, lean
from data.models.walks import ArchiveLink, Listed, ListingKind, Walk
from data.models.websub import (
    Delivery,
    FeedHub,
    FeedSubscription,
    HubRequest,
    PendingRequest,
    PendingTopic,
)

__all__ = [
    "BACKLOG",
    "STAGES",
    "UNDATED_BEFORE",
    "AlertDelivery",
    "AlertKind",
    "AlertMessage",
    "AlertState",
    "ArchiveLink",
    "Capture",
    "CaptureOwner",
    "ChangeCursor",
    "Content",
    "DayDigest",
    "Delivery",
    "Draft",
    "DueHosts",
    "Facet",
    "FeedHub",
    "FeedSubscription",
    "Handling",
    "HandlingKind",
    "HealthEvent",
    "HiddenRelease",
    "History",
    "HubRequest",
    "Lease",
    "Link",
    "Listed",
    "ListingKind",
    "LoggedChange",
    "LoggedKind",
    "Media",
    "Neighbour",
    "Neighbours",
    "PageFacts",
    "PendingRequest",
    "PendingTopic",
    "Position",
    "PublicationTime",
    "Published",
    "QueuedEvent",
    "ReaderItem",
    "ReaderQuery",
    "ReaderState",
    "Recall",
    "RecordPlace",
    "Release",
    "ReleaseChange",
    "ReleaseState",
    "ReleaseSummary",
    "ReleaseTimes",
    "RemovedSource",
    "Return",
    "Revision",
    "Rhythm",
    "Run",
    "RunError",
    "Selected",
    "Selection",
    "Sightings",
    "Source",
    "SourceRhythm",
    "Stage",
    "Streak",
    "Validator",
    "VisitFacts",
    "Wait",
    "Walk",
    "lean",
    "message_key",
]

"""Immutable data types that all packages share, with computed properties but no other behaviour.

Modules here import only the standard library and msgspec, and nothing else from Communique.
"""

from data.models.capture import Capture, CaptureOwner, RecordPlace, Sightings
from data.models.deliveries import (
    AlertDelivery,
    AlertKind,
    AlertMessage,
    AlertState,
    Delivery,
    Deposit,
    DepositCount,
    DepositReceipt,
    DepositState,
    FeedHub,
    FeedSubscription,
    HubRequest,
    PendingRequest,
    PendingTopic,
    QueuedEvent,
    message_key,
)
from data.models.edit import EDIT_CLASSES, NO_EDIT, EditClass, EditClasses
from data.models.event import (
    RELEASE_KINDS,
    Consumer,
    ConsumerLag,
    Event,
    EventKind,
    OperationRecord,
    ReleaseEvent,
    ReleaseKind,
    SourceKind,
)
from data.models.file_text import Cut, FileKind, FileText
from data.models.lease import DueHosts, Lease
from data.models.release import (
    STAGES,
    UNDATED_BEFORE,
    Content,
    Draft,
    HiddenRelease,
    Link,
    Media,
    PublicationTime,
    Published,
    Release,
    ReleaseTimes,
    ReplacedText,
    Return,
    Revision,
    SeenDraft,
    SeenRelease,
    Stage,
    Validator,
    Wait,
)
from data.models.selection import (
    BACKLOG,
    ChangeCursor,
    DayDigest,
    Facet,
    Neighbour,
    Neighbours,
    Position,
    ReaderItem,
    ReaderQuery,
    ReaderState,
    ReleaseChange,
    ReleaseState,
    ReleaseSummary,
    Selected,
    Selection,
)
from data.models.source import (
    ArchiveLink,
    Handling,
    HandlingKind,
    HealthEvent,
    History,
    Listed,
    ListingKind,
    Recall,
    RemovedSource,
    Rhythm,
    Run,
    RunError,
    Source,
    SourceRhythm,
    Walk,
)
from data.models.visit_facts import PageFacts, Streak, VisitFacts, lean

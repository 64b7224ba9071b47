"""Work queue that computes responses in a few threads, with limits per client.

All requests that cost more than a lookup go through this queue: the API, searches, past states,
feeds on demand, and 404 pages. Work is cancelled when its client disconnects.

If a proxy passes on X-Forwarded-For, its clients can choose their addresses. So all jobs from one
connection address share limits, and so do all jobs from an IPv6 /48 network.
"""

import asyncio
import math
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

from starlette.types import Receive, Scope

from data.errors import CommuniqueError
from data.network.addresses import networks_of
from data.settings import SiteSettings
from data.store.shared_sql.connection import Interruption, interruptible
from feeds.server.requests.client import Network, client_of, is_loopback, peer_of, proxies_of

MAX_NETWORKS: Final = 10_000
"""Maximum number of networks whose request rate is tracked. Networks with the longest inactivity
are dropped first."""

LOOPBACK_FACTOR: Final = 10
"""Rate limit of clients on this machine, as a multiple of the rate limit of other clients."""

NETWORK_FACTOR: Final = 4
"""Rate limit of an IPv6 /48 network, as a multiple of the rate limit of each /64 network in it."""


RATE_SCOPE_KEY: Final = "communique.rate"
"""Key in the ASGI scope for the `RateState` after this request."""

MAX_THREADS: Final = 4
"""Maximum number of responses that are computed at the same time."""

THREADS_PER_CLIENT: Final = 2
"""Maximum number of threads for one client, so that threads remain for other clients."""

THREADS_PER_NETWORK: Final = MAX_THREADS - 1
"""Maximum number of threads for an IPv6 /48 network. The same maximum applies to one connection
address."""

MAX_WAITING: Final = 64
"""Maximum number of requests that wait for a thread."""

DEADLINE_SECONDS: Final = 30.0
"""Maximum time in seconds for a response, counted from the arrival of the request."""

COUNTED_SCOPE_KEY: Final = "communique.counted"
"""Key in the ASGI scope that marks a request as counted by the rate limit."""

Client: TypeAlias = tuple[str, ...]
"""Networks whose limits apply to the jobs of a client: first the client's networks, smallest first,
then the network of its connection."""


class RateState(NamedTuple):
    """State of a client's rate limit: requests per minute, and number of requests left now.

    ``full_in`` is the time in seconds until all are available again.
    """

    quota: int
    left: int
    full_in: int


def rate_headers(scope: Scope) -> dict[str, str]:
    """Return the RateLimit headers of a response (draft-ietf-httpapi-ratelimit-headers)."""
    state: RateState | None = scope.get(RATE_SCOPE_KEY)
    if state is None:
        return {}
    return {
        "ratelimit-policy": f'"requests";q={state.quota};w=60',
        "ratelimit": f'"requests";r={state.left};t={state.full_in}',
    }


class RateLimit:
    """Limits each client to ``rate`` requests per minute, with bursts of the same size.

    A ``rate`` of 0 means no limit. ``clock`` returns seconds.
    """

    def __init__(
        self,
        rate: int,
        clock: Callable[[], float] = time.monotonic,
        proxies: Sequence[Network] = (),
    ) -> None:
        self._rate = rate
        self._clock = clock
        self._proxies = proxies
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, scope: Scope) -> int:
        """Count a request.

        Returns 0 if the request is allowed, otherwise the seconds until it will be allowed.
        """
        if not self._rate:
            return 0
        client = client_of(scope, self._proxies)
        rate = self._rate * (LOOPBACK_FACTOR if is_loopback(client) else 1)
        now = self._clock()
        rates = {
            network: float(rate * NETWORK_FACTOR**level)
            for level, network in enumerate(networks_of(client))
        }
        left = {network: self._tokens(network, most, now) for network, most in rates.items()}
        may = all(tokens >= 1 for tokens in left.values())
        for network, tokens in left.items():
            self._left[network] = tokens - may, now
        least, quota = min((left[network] - may, most) for network, most in rates.items())
        full_in = math.ceil((quota - least) * 60 / quota)
        scope[RATE_SCOPE_KEY] = RateState(int(quota), max(0, int(least)), full_in)
        while len(self._left) > MAX_NETWORKS:
            self._left.popitem(last=False)
        waits = (math.ceil((1 - left[network]) * 60 / most) for network, most in rates.items())
        return 0 if may else max(waits)

    def _tokens(self, network: str, rate: float, now: float) -> float:
        """Remove a network's rate limit from memory, and return how many requests it has left."""
        left, at = self._left.pop(network, (rate, now))
        return min(rate, left + (now - at) * rate / 60)


T = TypeVar("T")


class Unanswered(CommuniqueError):
    """Raised if the work queue rejects a request.

    ``status`` is 429 or 503, ``retry_after`` is in seconds.
    """

    def __init__(self, status: int, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class QueuedWork:
    """Work for one request, or for several identical requests that wait for its result."""

    def __init__(self, work: Callable[[], Any], client: Client) -> None:
        self.client = client
        self.requests = 0
        self.is_running = False
        self.result: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        # This marks the exception as retrieved, in case no request waits for it any longer.
        self.result.add_done_callback(lambda done: done.cancelled() or done.exception())
        self.interruption = Interruption()
        self._work = work

    def done(self) -> Any:
        """Run the work in the current thread and return its result. Exceptions propagate."""
        with interruptible(self.interruption):
            return self._work()

    def take(self, done: asyncio.Future[Any]) -> None:
        """Copy the result or exception of the thread to the future that requests wait for."""
        if self.result.done():
            done.exception()
        elif error := done.exception():
            self.result.set_exception(error)
        else:
            self.result.set_result(done.result())


class WorkQueue:
    """Runs the work of requests for one site in threads, outside the event loop."""

    def __init__(self, site: SiteSettings) -> None:
        self._proxies = proxies_of(site)
        self._limit = RateLimit(site.api_rate, proxies=self._proxies)
        self._threads = ThreadPoolExecutor(MAX_THREADS, "answers")
        self._waiting = OrderedDict[Client, deque[QueuedWork]]()
        self._running = Counter[str]()
        self._busy_threads = 0
        self._shared: dict[Hashable, QueuedWork] = {}

    async def run(
        self, scope: Scope, receive: Receive, work: Callable[[], T], key: Hashable = None
    ) -> T:
        """Return the result of ``work``, computed once for all requests with the same ``key``.

        If no request waits for the work any longer, it is removed from the queue or interrupted.
        Raises Unanswered if the client exceeds the rate limit or disconnects, the queue is full, or
        the deadline passes. Exceptions of the work propagate.
        """
        self.count(scope)
        job = self._shared.get(key) if key is not None else None
        if job is None or job.result.done():
            # A proxy can be a client too, so its own jobs and its clients' jobs are counted
            # separately.
            peer = f"peer {networks_of(peer_of(scope))[-1]}"
            job = self._added(work, (*networks_of(client_of(scope, self._proxies)), peer))
            self._share(job, key)
        job.requests += 1
        gone = asyncio.ensure_future(disconnected(receive))
        try:
            await asyncio.wait(
                {job.result, gone}, timeout=DEADLINE_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            left = gone.done()
            gone.cancel()
            job.requests -= 1
            if not job.requests and not job.result.done():
                self._abandon(job)
        if job.result.done() and not job.result.cancelled():
            result: T = job.result.result()
            return result
        if left:
            raise Unanswered(503, "the client disconnected", 1)
        raise Unanswered(503, f"the response took longer than {DEADLINE_SECONDS:g} seconds", 60)

    def _share(self, job: QueuedWork, key: Hashable) -> None:
        """Until this job ends, let other requests with the same key wait for its result."""

        def ended(_: asyncio.Future[Any]) -> None:
            if self._shared.get(key) is job:
                del self._shared[key]

        if key is not None:
            self._shared[key] = job
            job.result.add_done_callback(ended)

    def count(self, scope: Scope) -> None:
        """Count a request towards the rate limit of its client. Raises Unanswered (429)."""
        if scope.get(COUNTED_SCOPE_KEY):
            return
        scope[COUNTED_SCOPE_KEY] = True
        if wait := self._limit.wait(scope):
            message = f"too many requests from your address; try again in {wait} s"
            raise Unanswered(429, message, wait)

    def _added(self, work: Callable[[], Any], client: Client) -> QueuedWork:
        job = QueuedWork(work, client)
        if self._busy_threads + sum(map(len, self._waiting.values())) >= MAX_THREADS + MAX_WAITING:
            self._make_room(client)
        self._waiting.setdefault(client, deque()).append(job)
        self._start_jobs()
        return job

    def _make_room(self, client: Client) -> None:
        """Drop the newest job of the client with the most waiting jobs, or reject this request.

        The connection address with the most jobs is selected first, then the client behind it.
        """
        crowd = Unanswered(503, "too many requests are waiting; try again", 1)
        clients = [*self._waiting]
        is_found = False
        # Levels are counted from the end, so they mean the same for clients with and without a /48.
        for level in range(1, max(map(len, [client, *clients])) + 1):
            jobs = Counter[str]()
            for one in clients:
                jobs[one[-level:][0]] += len(self._waiting[one])
            own = client[-level:][0]
            crowded = max(jobs, key=lambda one: jobs[one], default=own)
            is_found = is_found or jobs[crowded] > jobs[own] + 1
            kept = crowded if is_found else own
            clients = [one for one in clients if one[-level:][0] == kept]
        if not is_found:
            raise crowd
        self._drop(self._waiting[clients[0]][-1]).result.set_exception(crowd)

    def _drop(self, job: QueuedWork) -> QueuedWork:
        """Remove a job from the queue."""
        waiting = self._waiting[job.client]
        waiting.remove(job)
        if not waiting:
            del self._waiting[job.client]
        return job

    def _abandon(self, job: QueuedWork) -> None:
        """Cancel a job that no request waits for."""
        job.result.cancel()
        if job.is_running:
            # This runs in a thread, because stopping a PostgreSQL query needs a network request.
            asyncio.get_running_loop().run_in_executor(None, job.interruption.stop)
        else:
            self._drop(job)

    def _start_jobs(self) -> None:
        """Start waiting jobs while threads are free.

        Jobs of connections and clients with the fewest running jobs come first.
        """
        while self._busy_threads < MAX_THREADS and (
            ready := [*filter(self._may_run, self._waiting)]
        ):
            client = min(ready, key=self._threads_of)
            self._start(self._drop(self._waiting[client][0]))
            if client in self._waiting:
                self._waiting.move_to_end(client)

    def _may_run(self, client: Client) -> bool:
        """Return whether a client and its networks have fewer running jobs than their limits."""
        first, *wider = self._threads_of(client)[::-1]
        return first < THREADS_PER_CLIENT and all(one < THREADS_PER_NETWORK for one in wider)

    def _threads_of(self, client: Client) -> tuple[int, ...]:
        """Return the number of running jobs in each network of a client, widest network first."""
        return tuple(self._running[one] for one in reversed(client))

    def _start(self, job: QueuedWork) -> None:
        job.is_running = True
        self._busy_threads += 1
        self._running.update(job.client)
        done = asyncio.get_running_loop().run_in_executor(self._threads, job.done)
        done.add_done_callback(lambda done: self._ended(job, done))

    def _ended(self, job: QueuedWork, done: asyncio.Future[Any]) -> None:
        self._busy_threads -= 1
        self._running -= Counter(job.client)
        job.take(done)
        self._start_jobs()


async def disconnected(receive: Receive) -> None:
    """Wait until the client that sent a request has disconnected."""
    while (await receive())["type"] != "http.disconnect":
        pass

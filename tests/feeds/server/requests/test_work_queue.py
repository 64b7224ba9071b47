"""Costly requests wait in one bounded queue, and their work ends when their clients leave."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest
from starlette.types import Message, Scope

from data.settings import SiteSettings
from data.store.shared_sql.connection import current
from feeds.server.requests import work_queue
from feeds.server.requests.work_queue import (
    MAX_THREADS,
    MAX_WAITING,
    THREADS_PER_CLIENT,
    THREADS_PER_NETWORK,
    Unanswered,
    WorkQueue,
)
from tests.peer import PATIENCE


def scope_of(client: str, peer: str = "") -> Scope:
    """A request of a client, through a proxy at another address if ``peer`` is one."""
    headers = [(b"x-forwarded-for", client.encode())] if peer else []
    return {"client": (peer or client, 1), "headers": headers}


class Client:
    """A client of a queue, which may leave before it has an answer."""

    def __init__(self, address: str, peer: str = "") -> None:
        self.address = address
        self.peer = peer
        self._gone = asyncio.Event()

    def leave(self) -> None:
        """Close the connection."""
        self._gone.set()

    async def receive(self) -> Message:
        """The next message of the connection: that it is closed."""
        await self._gone.wait()
        return {"type": "http.disconnect"}

    def ask(
        self, queue: WorkQueue, work: Callable[[], Any], key: str | None = None
    ) -> asyncio.Task[Any]:
        """A request that waits for work."""
        scope = scope_of(self.address, self.peer)
        return asyncio.create_task(queue.run(scope, self.receive, work, key))


class Gate:
    """Work that begins, and ends when it may."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.open = threading.Event()
        self.runs = 0

    def work(self) -> str:
        """Wait for the gate."""
        self.runs += 1
        self.begun.release()
        assert self.open.wait(PATIENCE)
        return "done"

    async def has_begun(self, times: int = 1) -> None:
        """Wait until work has begun."""
        for _ in range(times):
            assert await asyncio.to_thread(self.begun.acquire, timeout=PATIENCE)


def run(test: Callable[[WorkQueue], Coroutine[Any, Any, None]], rate: int = 0) -> None:
    async def begin() -> None:
        await test(WorkQueue(SiteSettings(api_rate=rate)))

    asyncio.run(begin())


async def status_of(answer: Awaitable[Any]) -> tuple[int, int]:
    """The status and the wait of a request that is refused."""
    with pytest.raises(Unanswered) as refused:
        await answer
    return refused.value.status, refused.value.retry_after


async def settled() -> None:
    """Let all that is ready in the event loop go on."""
    for _ in range(10):
        await asyncio.sleep(0)


def test_work_of_a_client_that_left_before_it_began_never_runs() -> None:
    async def test(queue: WorkQueue) -> None:
        gate, later = Gate(), Gate()
        later.open.set()
        busy = [Client("203.0.113.9").ask(queue, gate.work) for _ in range(THREADS_PER_CLIENT)]
        await gate.has_begun(THREADS_PER_CLIENT)
        client = Client("203.0.113.9")
        left = client.ask(queue, later.work)
        await settled()
        client.leave()
        assert (await status_of(left))[0] == 503
        gate.open.set()
        assert await asyncio.gather(*busy) == ["done", "done"]
        assert await Client("203.0.113.9").ask(queue, lambda: "next") == "next"
        assert later.runs == 0

    run(test)


def test_work_of_a_client_that_left_is_interrupted() -> None:
    ended, begun = threading.Event(), threading.Event()

    def work() -> None:
        interruption = current()
        assert interruption is not None
        with interruption.ending(ended.set):
            begun.set()
            assert ended.wait(PATIENCE)

    async def test(queue: WorkQueue) -> None:
        client = Client("203.0.113.9")
        left = client.ask(queue, work)
        await asyncio.to_thread(begun.wait, 60)
        client.leave()
        await status_of(left)
        assert await asyncio.to_thread(ended.wait, 60)

    run(test)


def test_work_past_its_deadline_is_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work_queue, "DEADLINE_SECONDS", 0)
    ended = threading.Event()

    def work() -> None:
        interruption = current()
        assert interruption is not None
        while not interruption.is_stopped:
            pass
        ended.set()

    async def test(queue: WorkQueue) -> None:
        assert await status_of(Client("203.0.113.9").ask(queue, work)) == (503, 60)
        assert await asyncio.to_thread(ended.wait, 60)

    run(test)


def test_one_client_leaves_threads_to_others() -> None:
    async def test(queue: WorkQueue) -> None:
        gate = Gate()
        many = [Client("203.0.113.9").ask(queue, gate.work) for _ in range(MAX_THREADS * 2)]
        await gate.has_begun(THREADS_PER_CLIENT)
        assert await Client("203.0.113.10").ask(queue, lambda: "quick") == "quick"
        assert gate.runs == THREADS_PER_CLIENT
        gate.open.set()
        assert await asyncio.gather(*many) == ["done"] * MAX_THREADS * 2

    run(test)


def test_a_full_queue_refuses_the_client_that_fills_it() -> None:
    async def test(queue: WorkQueue) -> None:
        gate = Gate()
        room = MAX_THREADS + MAX_WAITING
        many = [Client("203.0.113.9").ask(queue, gate.work) for _ in range(room)]
        # What does not fill a thread waits: as many as there are threads for others.
        await gate.has_begun(THREADS_PER_CLIENT)
        assert await status_of(Client("203.0.113.9").ask(queue, gate.work)) == (503, 1)
        other = Client("203.0.113.10").ask(queue, gate.work)
        await gate.has_begun()
        assert await status_of(many[-1]) == (503, 1)
        gate.open.set()
        assert await asyncio.gather(other, *many[:-1]) == ["done"] * room

    run(test)


@pytest.mark.parametrize(("forged", "peer"), [("10.1.2.{}", "127.0.0.1"), ("2001:db8:1:{}::1", "")])
def test_clients_that_share_a_connection_or_a_network_shut_out_no_other(
    forged: str, peer: str
) -> None:
    async def test(queue: WorkQueue) -> None:
        gate = Gate()
        room = THREADS_PER_NETWORK + MAX_WAITING + 1
        many = [Client(forged.format(i), peer).ask(queue, gate.work) for i in range(room)]
        await gate.has_begun(THREADS_PER_NETWORK)
        # A client elsewhere finds a free thread, and then room in the full queue.
        assert await Client("203.0.113.9").ask(queue, lambda: "quick") == "quick"
        busy = Client("203.0.113.10").ask(queue, gate.work)
        waits = [Client("203.0.113.11").ask(queue, gate.work) for _ in range(MAX_WAITING // 4)]
        await gate.has_begun()
        assert gate.runs == THREADS_PER_NETWORK + 1
        gate.open.set()
        assert await asyncio.gather(busy, *waits) == ["done"] * (len(waits) + 1)
        ends = await asyncio.gather(*many, return_exceptions=True)
        assert ends.count("done") < room

    run(test)


def test_two_connections_with_many_clients_get_equal_room() -> None:
    async def test(queue: WorkQueue) -> None:
        gate = Gate()
        crowd = [
            Client("203.0.113.9").ask(queue, gate.work) for _ in range(MAX_THREADS + MAX_WAITING)
        ]
        await gate.has_begun(THREADS_PER_CLIENT)
        behind = [Client(f"10.1.2.{i}", "127.0.0.1").ask(queue, gate.work) for i in range(90)]
        await settled()
        gate.open.set()
        ends = await asyncio.gather(*crowd, return_exceptions=True)
        assert ends.count("done") >= MAX_WAITING // 2
        ends = await asyncio.gather(*behind, return_exceptions=True)
        assert ends.count("done") >= MAX_WAITING // 2

    run(test)


def test_a_client_over_its_rate_is_refused_and_no_other() -> None:
    async def test(queue: WorkQueue) -> None:
        def work() -> str:
            return "done"

        assert await Client("203.0.113.9").ask(queue, work) == "done"
        assert await status_of(Client("203.0.113.9").ask(queue, work)) == (429, 60)
        assert await Client("203.0.113.10").ask(queue, work) == "done"

    run(test, rate=1)


def test_a_request_with_several_pieces_of_work_counts_once() -> None:
    async def test(queue: WorkQueue) -> None:
        scope, client = scope_of("203.0.113.9"), Client("203.0.113.9")
        for _ in range(3):
            assert await queue.run(scope, client.receive, lambda: "done") == "done"

    run(test, rate=1)


def test_equal_requests_share_work_until_the_last_client_leaves() -> None:
    async def test(queue: WorkQueue) -> None:
        gate = Gate()
        first, second = Client("203.0.113.9"), Client("203.0.113.10")
        left, stays = first.ask(queue, gate.work, "q"), second.ask(queue, gate.work, "q")
        await gate.has_begun()
        first.leave()
        await status_of(left)
        gate.open.set()
        assert await stays == "done"
        assert gate.runs == 1
        assert await second.ask(queue, lambda: "computed again", "q") == "computed again"

    run(test)

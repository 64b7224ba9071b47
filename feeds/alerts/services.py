"""The services that Apprise knows: a message is sent by a guarded process of its own."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Final

import msgspec

from data.models import AlertMessage
from data.settings import Site
from data.watches.watch import Service, Watch
from feeds.alerts.apprise_child import Outcome, Task
from feeds.alerts.messages import Undelivered
from feeds.alerts.text import text_of

PATIENCE: Final = 60.0
"""Seconds after which a process is ended."""

KEPT: Final = ("PATH", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "VIRTUAL_ENV")
"""Of our environment: no proxy, which would connect where the guard does not look, and no home."""


async def send(
    watch: Watch, message: AlertMessage, service: Service, site: Site, *, allow_private: bool
) -> None:
    """Send a message by the service of a watch. Raises Undelivered."""
    text = text_of(watch, message, site)
    outcome = await ask(Task(service.url, text.subject, text.plain, allow_private))
    if not outcome.taken:
        raise Undelivered(outcome.problem, final=outcome.final)


async def ask(task: Task) -> Outcome:
    """What comes of a task in a process of its own, which ends within PATIENCE seconds."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-B", "-m", "feeds.alerts.apprise_child"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={name: os.environ[name] for name in KEPT if name in os.environ},
    )
    try:
        async with asyncio.timeout(PATIENCE):
            said, _ = await child.communicate(msgspec.json.encode(task))
        return msgspec.json.decode(said, type=Outcome)
    except TimeoutError:
        return Outcome(taken=False, problem=f"nothing within {PATIENCE:g} seconds")
    except msgspec.DecodeError:
        # Ended by one of its limits, most likely.
        return Outcome(taken=False, problem="the process of Apprise ended without an answer")
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()

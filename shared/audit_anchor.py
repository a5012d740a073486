"""Where an audit log is anchored: checkpoints that its service signs and another service keeps.

Whoever rules a service's database can rewrite its chain, but neither take back what was told nor sign anything else:
the key is in the key ring. ``verified`` compares.
"""

from __future__ import annotations

import asyncio
import hmac
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from shared import audit
from shared.audit_keeping import keeper_of
from shared.clock import now
from shared.contracts.audit import OF
from shared.database import Database, Scope
from shared.errors import Unavailable
from shared.events import outbox

if TYPE_CHECKING:
    from shared.crypto import Keyring
    from shared.http import ServiceClient
    from shared.kernel import KernelState

PURPOSE = "audit.checkpoint"
EVERY = 60.0
_MOVED = text("SELECT sealed_position, sealed_hash FROM checkpoint_audit(make_interval(secs => :every))")


@dataclass(frozen=True)
class Anchor:
    """What the keeper has. ``compared``: whether it could be asked; ``forged``: checkpoints that are not the service's
    own; ``last``: the last position told, and when."""

    keeper: str
    compared: bool = False
    checkpoints: int = 0
    forged: int = 0
    last: int | None = None
    last_at: datetime | None = None
    hashes: Mapping[int, frozenset[str]] = field(default_factory=dict, repr=False)


def sign(keyring: Keyring, service: str, position: int, digest: str, at: datetime) -> str:
    """A keyed hash of a checkpoint."""
    return keyring.blind(f"{service}\n{position}\n{digest}\n{at.timestamp():.6f}", PURPOSE).hex()


async def checkpoint(database: Database, keyring: Keyring, service: str, every: float = EVERY) -> bool:
    """Tell the head, if it has moved and so many seconds have passed since it was told last; whether it was told."""
    async with database.transaction(Scope(())) as session:
        moved = (await session.execute(_MOVED, {"every": every})).first()
        if moved is None:
            return False
        position, digest, at = moved.sealed_position, bytes(moved.sealed_hash).hex(), now()
        signature = sign(keyring, service, position, digest, at)
        await outbox.add(session, OF[service](position=position, hash=digest, at=at, signature=signature))
    return True


async def ask(clients: ServiceClient, keyring: Keyring, service: str) -> Anchor:
    """What the keeper has of a service's log; not ``compared`` when it cannot be asked."""
    keeper, after, items = keeper_of(service), "0..", list[dict[str, Any]]()
    try:
        while after:
            query = {"service": service, "after": after}
            page = await clients.get(keeper, "/v1/audit/checkpoints", query, tries=1)
            items, after = items + page["items"], page["next"]
    except Unavailable:
        return Anchor(keeper)
    return _anchor(keeper, items, keyring, service)


def _anchor(keeper: str, items: list[dict[str, Any]], keyring: Keyring, service: str) -> Anchor:
    own = [one for one in items if _is_own(one, keyring, service)]
    hashes: dict[int, frozenset[str]] = {}
    for one in own:
        hashes[one["position"]] = hashes.get(one["position"], frozenset()) | {one["hash"]}
    last = own[-1] if own else None  # they come by position
    return Anchor(
        keeper,
        compared=True,
        checkpoints=len(own),
        forged=len(items) - len(own),
        last=last["position"] if last else None,
        last_at=datetime.fromisoformat(last["at"]) if last else None,
        hashes=hashes,
    )


def _is_own(one: dict[str, Any], keyring: Keyring, service: str) -> bool:
    signature = sign(keyring, service, one["position"], one["hash"], datetime.fromisoformat(one["at"]))
    return hmac.compare_digest(signature, one["signature"])


async def verified(kernel: KernelState) -> tuple[audit.Verification, Anchor]:
    """Seal what waits, ask the keeper, and walk the chain."""
    database = kernel.database
    anchor = await ask(kernel.clients, kernel.keyring, database.schema)
    await audit.seal(database)
    async with database.transaction(Scope.everywhere()) as session:
        return await audit.verify(session, anchor.hashes), anchor


async def _prove() -> bool:
    from shared import settings as settings_of  # noqa: PLC0415
    from shared.kernel import KernelState  # noqa: PLC0415  # the kernel need not know its commands

    settings = settings_of.of_environment()
    if not settings.keyring_file.exists():
        sys.exit(f"no key ring at {settings.keyring_file}: set the service's own ANXIANG_KEYRING_FILE")
    kernel = KernelState.of(settings)
    try:
        found, anchor = await verified(kernel)
    finally:
        await kernel.close()
    told = "unbroken" if found.unbroken else f"broken at entry {found.broken_at}"
    kept = (
        f"{anchor.keeper} keeps {anchor.checkpoints} checkpoints up to entry {anchor.last or 0}, {anchor.forged} forged"
    )
    compared = kept if anchor.compared else f"NOT compared: {anchor.keeper} does not answer"
    entries = f"{found.length} entries fit, {found.waiting} wait, head {found.head}"
    sys.stdout.write(f"{kernel.database.schema}: {told}; {entries}; {compared}\n")
    return found.unbroken and not anchor.forged


def main() -> None:
    """The command."""
    if sys.argv[1:] != ["verify"]:
        sys.exit("usage: python -m shared.audit_anchor verify")
    sys.exit(0 if asyncio.run(_prove()) else 1)


if __name__ == "__main__":
    main()

"""The ledger and the memory of the chats in Redis, for several replicas. The only module that imports `redis`.

A chat has four keys, all found by an HMAC: a hash of its notes (sealed), the memory of where it stands (sealed; Redis
itself drops it at the idle time), and a lease that one replica holds while it works there. One sorted set says when
somebody must look at which chat. Each change is one Lua script, so it happens as a whole or not at all.
"""

from __future__ import annotations

import json
import logging
import secrets
import struct
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import RedisError

from bot.forgetting.ledger import Note, StoreError
from bot.forgetting.seal import Seal

LEASE = 8.0  # seconds; a replica that is dead or asleep for longer loses its chats to the others
KEEP = 48 * 3600  # seconds; Telegram deletes nothing older, so a note of it is of no use
CLAIMED = 64  # chats taken over at a time
CONNECTIONS = 32

_NAME = b"doorway:"
_DUE, _COUNT, _BIRTH = _NAME + b"due", _NAME + b"count", _NAME + b"birth"

# KEYS: notes, memory, lease, due, count. ARGV: chat's mark, version expected or "*", token, mode, lease ms, when due
# ("" as it is, "-" never, "<N" no later than N), memory ("" as it is, "-" none), its ms, how many fields go, the
# fields that go, then fields and values that come. Answers {-1} for another version or a lost lease, else
# {1 if the lease is the caller's else 0, version}. What the lease holder writes at work gives no new version.
_CHANGE = """
local version = redis.call('HGET', KEYS[1], 'v') or ''
local mine = redis.call('GET', KEYS[3]) == ARGV[3]
local empty = version == '' and ARGV[4] == 'end'
if ARGV[2] ~= '*' and ARGV[2] ~= version and not empty then return {-1, version} end
if ARGV[4] == 'end' and not mine then return {-1, version} end
local gone, at = tonumber(ARGV[9]), 10
for i = at, at + gone - 1 do redis.call('HDEL', KEYS[1], ARGV[i]) end
at = at + gone
for i = at, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
if ARGV[7] == '-' then redis.call('DEL', KEYS[2])
elseif ARGV[7] ~= '' then redis.call('SET', KEYS[2], ARGV[7], 'PX', ARGV[8]) end
if ARGV[4] == 'take' and redis.call('SET', KEYS[3], ARGV[3], 'NX', 'PX', ARGV[5]) then mine = true
elseif ARGV[4] == 'steal' then redis.call('SET', KEYS[3], ARGV[3], 'PX', ARGV[5]) mine = true
elseif ARGV[4] == 'end' then redis.call('DEL', KEYS[3]) end
redis.call('HDEL', KEYS[1], 'v')
if redis.call('HLEN', KEYS[1]) == 0 then
  redis.call('ZREM', KEYS[4], ARGV[1])
  return {mine and 1 or 0, ''}
end
if ARGV[4] ~= 'end' and not (ARGV[4] == '' and mine) then version = tostring(redis.call('INCR', KEYS[5])) end
redis.call('HSET', KEYS[1], 'v', version)
redis.call('EXPIRE', KEYS[1], KEEP)
if ARGV[6] == '-' then redis.call('ZREM', KEYS[4], ARGV[1])
elseif ARGV[6]:sub(1, 1) == '<' then redis.call('ZADD', KEYS[4], 'LT', ARGV[6]:sub(2), ARGV[1])
elseif ARGV[6] ~= '' then redis.call('ZADD', KEYS[4], ARGV[6], ARGV[1]) end
return {mine and 1 or 0, version}
""".replace("KEEP", str(KEEP))

# KEYS: due, birth. ARGV: now, the time until which they are the caller's, how many, what a new store is known by.
_CLAIM = """
redis.call('SET', KEYS[2], ARGV[4], 'NX')
local found = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[3])
for _, mark in ipairs(found) do redis.call('ZADD', KEYS[1], ARGV[2], mark) end
return {redis.call('GET', KEYS[2]), found}
"""

# KEYS: lease, due. ARGV: token, lease ms, when due, the chat's mark.
_EXTEND = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[4])
return 1
"""

log = logging.getLogger("doorway.ledger")


@dataclass(frozen=True, slots=True)
class Memory:
    """Where a chat stands: the newest update that counts, the state's token, and what is still to be shown."""

    seq: int = 0  # update_id; an older one changes nothing any more
    born: int = 0  # update_id of the message that opened this conversation; a Close from before it is void
    state: str = ""
    wanted: bool = False  # the state is not shown yet
    anew: bool = False  # by a new pair of messages
    by_word: bool = False  # it answers a message, so that something may be sent
    asked: float = 0  # date of that message (seconds since 1970), and its id
    asked_by: int = 0
    closed: bool = False
    touched: float = 0  # seconds since 1970


@dataclass(slots=True, eq=False)
class Lease:
    """The right to work in a chat until `until` (seconds since 1970), unless `lost` is called first."""

    token: bytes
    until: float
    lost: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class Seen:
    """A chat as the store has it; `version` tells whether somebody else has changed it since."""

    version: bytes = b""
    memory: Memory | None = None
    notes: list[Note] = field(default_factory=list)


class SharedLedger:
    """Notes and memories that all replicas share. No method raises when Redis fails: the bot goes on without."""

    def __init__(self, redis: Redis, seal: Seal, idle: float, now: Callable[[], float]) -> None:
        self._redis, self._seal, self._idle, self._now = redis, seal, idle, now
        self._change = redis.register_script(_CHANGE)
        self._claim = redis.register_script(_CLAIM)
        self._extend = redis.register_script(_EXTEND)
        self._birth, self._failing = b"", False
        self.leases: dict[int, Lease] = {}  # those that this replica holds, by chat

    # ---- what the worker does

    async def write(self, add: Iterable[Note] = (), remove: Iterable[tuple[int, int]] = ()) -> None:
        """Removes the notes of (chat, message) pairs and adds notes, chat by chat."""
        added, removed = list(add), list(remove)
        for chat in {n.chat for n in added} | {c for c, _ in removed}:
            lease = self.leases.get(chat)
            await self._do(
                chat, b"*", lease.token if lease else b"", due=f"<{self._now() + LEASE}" if added else "",
                add=[n for n in added if n.chat == chat], remove=[m for c, m in removed if c == chat],
            )  # fmt: skip

    async def forget(self, chat: int) -> None:
        """Removes all that is kept of a chat."""
        self.leases.pop(chat, None)
        mark = self._seal.chat(chat)
        try:
            async with self._redis.pipeline() as pipe:
                pipe.delete(*self._keys(mark)[:3])
                pipe.zrem(_DUE, mark)
                await pipe.execute()
        except (RedisError, OSError) as error:
            self._failed(error)

    # ---- what happens in a chat

    async def load(self, chat: int) -> Seen:
        """What is kept of a chat."""
        return await self._load(self._seal.chat(chat))

    async def put(
        self, chat: int, seen: Seen, memory: Memory | None, add: Iterable[Note], *,
        lease: Lease | None = None, steal: bool = False,
    ) -> tuple[Seen | None, Lease | None]:  # fmt: skip
        """Changes what was `seen`: what stands there now (None: it had changed), and the lease, if it could be had.

        `lease` is one that may still be held. `steal` takes it from whoever has it: Close waits for nobody. Without
        Redis the work is done all the same. Until the work is ended, somebody looks again when the lease runs out.
        """
        notes, until = list(add), self._now() + LEASE
        mine = lease or Lease(secrets.token_bytes(8), until)
        mode = "steal" if steal else "take"
        said = await self._do(chat, seen.version, mine.token, mode, str(until), memory, notes)
        if said is None:
            return Seen(b"", memory, [*seen.notes, *notes]), mine
        if said[0] < 0:
            return None, None
        stored = Seen(said[1], memory, [*seen.notes, *notes])
        if not said[0]:
            return stored, None
        if self.leases.get(chat) is not mine:
            self.release(chat)
            self.leases[chat] = mine
        mine.until = until
        return stored, mine

    async def end(self, chat: int, seen: Seen, lease: Lease, memory: Memory | None, due: float | None) -> bool:
        """Gives the lease back, says when somebody must look again; False if there is something new, or it was lost."""
        when = "-" if due is None else str(due)
        said = await self._do(chat, seen.version, lease.token, "end", when, memory)
        return said is None or said[0] >= 0

    def release(self, chat: int, lease: Lease | None = None) -> None:
        """Whoever works in the chat for this replica, with this lease if one is named, is to stop."""
        held = self.leases.get(chat)
        if held and lease in (None, held):
            del self.leases[chat]
            held.lost()

    async def look_again(self, chat: int, at: float) -> None:
        """Somebody has to look at the chat at a time (seconds since 1970)."""
        await self._do(chat, b"*", b"", due=str(at))

    # ---- what is due

    async def claim(self) -> list[tuple[int, Seen]]:
        """Chats in which nobody has looked when somebody should have; no other replica gets them for a while."""
        now = self._now()
        try:
            args: list[Any] = [now, now + LEASE, CLAIMED, secrets.token_bytes(8)]
            birth, marks = await self._claim([_DUE, _BIRTH], args)
            if self._birth and birth != self._birth:
                log.error("the store has lost its data: older messages stay in their chats until they are tapped")
            self._birth = birth
            found = [(mark, await self._load(mark)) for mark in marks]
            if lost := [mark for mark, seen in found if not seen.notes]:  # another key's, or too old
                await self._redis.zrem(_DUE, *lost)
        except (RedisError, OSError) as error:
            self._failed(error)
            return []
        return [(seen.notes[0].chat, seen) for _, seen in found if seen.notes]

    async def extend(self) -> None:
        """Keeps the leases of work that takes long; who has lost one is told."""
        for chat, lease in list(self.leases.items()):
            now = self._now()
            if lease.until - now > LEASE / 2:
                continue
            mark = self._seal.chat(chat)
            try:
                kept = await self._extend(
                    [self._keys(mark)[2], _DUE], [lease.token, int(LEASE * 1000), now + LEASE, mark]
                )
            except (RedisError, OSError) as error:
                self._failed(error)
                continue
            if kept:
                lease.until = now + LEASE
            elif self.leases.get(chat) is lease:
                self.release(chat)

    async def all(self) -> list[Note]:
        """Every note that this key opens."""
        return [n for mark in await self._marks() for n in (await self._load(mark)).notes]

    async def rekey(self) -> None:
        """What an old key has sealed is sealed with the new one."""
        for mark in await self._marks():
            seen = await self._load(mark)
            if seen.notes and self._seal.chat(chat := seen.notes[0].chat) != mark:
                await self._do(chat, b"*", b"", due=f"{self._now() + LEASE}", memory=seen.memory, add=seen.notes)
                await self._redis.delete(*self._keys(mark)[:3])
                await self._redis.zrem(_DUE, mark)

    async def close(self) -> None:
        """Ends the connection."""
        await self._redis.aclose()

    # ---- to Redis and back

    async def _marks(self) -> list[bytes]:
        found: Any = await self._redis.zrange(_DUE, 0, -1)  # bytes, as nothing is decoded
        return list(found)

    @staticmethod
    def _keys(mark: bytes) -> list[bytes]:
        return [_NAME + b"notes:" + mark, _NAME + b"memory:" + mark, _NAME + b"lease:" + mark, _DUE, _COUNT]

    async def _load(self, mark: bytes) -> Seen:
        notes_key, memory_key = self._keys(mark)[:2]
        try:
            async with self._redis.pipeline() as pipe:
                pipe.hgetall(notes_key)
                pipe.get(memory_key)
                rows, memory = await pipe.execute()
        except (RedisError, OSError) as error:
            self._failed(error)
            return Seen()
        self._failing = False
        notes = []
        for name, value in rows.items():
            if name != b"v" and (ids := self._seal.open(value[8:])):
                notes.append(Note(*ids, struct.unpack(">d", value[:8])[0]))
        plain = self._seal.unwrap(memory) if memory else None
        return Seen(rows.get(b"v", b""), Memory(**json.loads(plain)) if plain else None, notes)

    async def _do(
        self, chat: int, version: bytes, token: bytes, mode: str = "", due: str = "",
        memory: Memory | None = None, add: Iterable[Note] = (), remove: Iterable[int] = (),
    ) -> list[Any] | None:  # fmt: skip
        mark, seal = self._seal.chat(chat), self._seal
        gone = [seal.message(chat, message) for message in remove]
        args: list[Any] = [mark, version, token, mode, int(LEASE * 1000), due]
        sealed = seal.wrap(json.dumps(asdict(memory)).encode()) if memory else ""
        args += [sealed, int(self._idle * 1000), len(gone), *gone]
        for n in add:
            args += [seal.message(chat, n.message), struct.pack(">d", n.at) + seal.close(chat, n.message, n.kind)]
        try:
            said: list[Any] = await self._change(self._keys(mark), args)
        except (RedisError, OSError) as error:
            self._failed(error)
            return None
        self._failing = False
        return said

    def _failed(self, error: Exception) -> None:
        if not self._failing:  # one line, not one for each message
            self._failing = True
            log.error("the store fails (%s): messages sent now may have to be deleted by hand", type(error).__name__)


def connect(url: str) -> Redis:
    """A client of the Redis at `url`; a short absence is waited for."""
    pool = BlockingConnectionPool.from_url(
        url, max_connections=CONNECTIONS, timeout=5, socket_timeout=2, socket_connect_timeout=2,
        retry=Retry(ExponentialBackoff(cap=0.5, base=0.05), 5),
    )  # fmt: skip
    return Redis.from_pool(pool)


async def open_shared(url: str, seal: Seal, idle: float, now: Callable[[], float]) -> SharedLedger:
    """The ledger in the Redis at `url`. Raises StoreError where none answers."""
    redis = connect(url)
    try:
        await redis.ping()
        ledger = SharedLedger(redis, seal, idle, now)
        await ledger.rekey()
    except (RedisError, OSError) as error:
        await redis.aclose()
        raise StoreError(f"no Redis answers at DOORWAY_STORE ({type(error).__name__})") from error
    return ledger


async def persistent(url: str) -> bool | None:
    """Whether the Redis at `url` writes to disk; None where it does not say. Raises StoreError where none answers."""
    redis = connect(url)
    try:
        said: dict[Any, Any] = await redis.info("persistence")
        if said.get("aof_enabled"):
            return True
        try:
            kept: Any = await redis.config_get("save")
            return bool(kept.get("save") or kept.get(b"save"))
        except RedisError:
            return None
    except (RedisError, OSError) as error:
        raise StoreError(f"no Redis answers at DOORWAY_STORE ({type(error).__name__})") from error
    finally:
        await redis.aclose()

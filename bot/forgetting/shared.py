"""The ledger and the memory of the chats in Redis, for several replicas. The only module that imports `redis`.

A chat has three keys, all found by an HMAC: a hash of its notes (sealed), the memory of where it stands (sealed; Redis
itself drops it at the idle time), and a lease that one replica holds while it works there. One sorted set says when
somebody must look at which chat. Each change is one Lua script, so it happens as a whole or not at all, and leaves a
new version by which others see it. Who has lost the lease can change nothing any more but leave word of its strays.

Redis keeps nothing on disk. So each replica remembers what it has noted there, and puts it back when Redis has been
away or has lost its data; meanwhile nobody acts on what others have not put back yet.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import struct
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import asdict, dataclass, replace
from enum import Enum, auto
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import RedisError

from bot.forgetting.ledger import Note, StoreError
from bot.forgetting.recall import KEEP, Memory, Recall, Seen, together
from bot.forgetting.seal import Kind, Seal

LEASE = 8.0  # seconds; a replica that is dead or asleep for longer loses its chats to the others
CLAIMED = 64  # chats taken over at a time
PUT_BACK = 2000  # chats put back at a time
CONNECTIONS = 32

_NAME = b"doorway:"
_DUE, _BIRTH = _NAME + b"due", _NAME + b"birth"

# KEYS: notes, memory, lease, due. ARGV: chat's mark, version expected or "*", new version, token, mode, now, until
# when a lease is given, when due ("" as it is, "-" never, "<N" no later than N), memory ("" as it is), its ms, how
# many fields go, the fields that go, then fields and values that come.
# Modes: "take" a free lease, "steal" any, "work" and "end" with one's own only, "note" without, where what is noted
# already stays. At work no new version is given. Answers {1 if the lease is the caller's else 0, version}, {-1} for
# another version, {-2} for a lost lease.
_CHANGE = """
local version = redis.call('HGET', KEYS[1], 'v') or ''
local mode, held = ARGV[5], redis.call('GET', KEYS[3])
local mine = held and held:sub(1, 8) == ARGV[4] or false
if version == ARGV[3] then return {(mine or mode == 'end') and 1 or 0, version} end
if (mode == 'work' or mode == 'end') and not mine then return {-2, version} end
if ARGV[2] ~= '*' and ARGV[2] ~= version then return {-1, version} end
local gone, at = tonumber(ARGV[11]), 12
for i = at, at + gone - 1 do redis.call('HDEL', KEYS[1], ARGV[i]) end
local set = mode == 'note' and 'HSETNX' or 'HSET'
for i = at + gone, #ARGV, 2 do redis.call(set, KEYS[1], ARGV[i], ARGV[i + 1]) end
if ARGV[9] ~= '' then redis.call('SET', KEYS[2], ARGV[9], 'PX', ARGV[10]) end
local free = not held or tonumber(held:sub(9)) <= tonumber(ARGV[6])
if mode == 'steal' or mode == 'take' and (mine or free) then
  redis.call('SET', KEYS[3], ARGV[4] .. ARGV[7], 'EX', 3600)
  mine = true
elseif mode == 'end' then redis.call('DEL', KEYS[3]) end
if mode ~= 'work' then version = ARGV[3] end
redis.call('HSET', KEYS[1], 'v', version)
if redis.call('HLEN', KEYS[1]) == 1 then
  redis.call('PEXPIRE', KEYS[1], ARGV[10])
  redis.call('ZREM', KEYS[4], ARGV[1])
else
  redis.call('EXPIRE', KEYS[1], KEEP)
  if ARGV[8] == '-' then redis.call('ZREM', KEYS[4], ARGV[1])
  elseif ARGV[8]:sub(1, 1) == '<' then redis.call('ZADD', KEYS[4], 'LT', ARGV[8]:sub(2), ARGV[1])
  elseif ARGV[8] ~= '' then redis.call('ZADD', KEYS[4], ARGV[8], ARGV[1]) end
end
return {mine and 1 or 0, version}
""".replace("KEEP", str(KEEP))

# KEYS: due, birth. ARGV: now, the time until which they are the caller's, how many, what a new store is known by.
_CLAIM = """
redis.call('SET', KEYS[2], ARGV[4], 'NX')
local found = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[3])
for _, mark in ipairs(found) do redis.call('ZADD', KEYS[1], ARGV[2], mark) end
return {redis.call('GET', KEYS[2]), found}
"""

# KEYS: lease, due. ARGV: token, until when, the chat's mark.
_EXTEND = """
local held = redis.call('GET', KEYS[1])
if not held or held:sub(1, 8) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1] .. ARGV[2], 'EX', 3600)
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[3])
return 1
"""

log = logging.getLogger("doorway.ledger")


class Ended(Enum):
    """What became of the end of some work."""

    DONE = auto()
    CHANGED = auto()  # there is something new to do
    LOST = auto()  # another replica has been at it meanwhile


@dataclass(slots=True, eq=False)
class Lease:
    """The right to work in a chat until `until` (seconds since 1970), unless `lost` is called first."""

    token: bytes
    until: float
    lost: Callable[[], None] = lambda: None


class SharedLedger:
    """Notes and memories that all replicas share. No method raises when Redis fails: the bot goes on without."""

    def __init__(
        self, redis: Redis, seal: Seal, idle: float, now: Callable[[], float], pause: Callable[[float], Awaitable[None]]
    ) -> None:
        self._redis, self._seal, self._idle, self._now, self._pause = redis, seal, idle, now, pause
        self._change = redis.register_script(_CHANGE)
        self._claim = redis.register_script(_CLAIM)
        self._extend = redis.register_script(_EXTEND)
        self._birth, self._failing = b"", False
        # When a loss was noticed (seconds since 1970): for half a lease all put back what they know, and look twice.
        self._recall, self._lost = Recall(), 0.0
        self.leases: dict[int, Lease] = {}  # those that this replica holds, by chat

    # ---- what the worker does

    async def write(self, add: Iterable[Note] = (), remove: Iterable[tuple[int, int]] = ()) -> None:
        """Removes the notes of (chat, message) pairs and adds notes, chat by chat.

        Where this replica has lost the lease, what it has sent is a stray, and only whoever works there ends a Close.
        """
        added, removed = list(add), list(remove)
        for chat in {n.chat for n in added} | {c for c, _ in removed}:
            notes, gone = [n for n in added if n.chat == chat], [m for c, m in removed if c == chat]
            lease = self.leases.get(chat)
            if lease:
                said = await self._do(chat, b"*", lease.token, "work", add=notes, remove=gone)
                if said is None or said[0] >= 0:
                    continue
                self.release(chat, lease)
                notes, gone = _strays(notes), [m for m in gone if m]
            await self.leave(chat, notes, gone)

    async def leave(self, chat: int, add: Iterable[Note] = (), remove: Iterable[int] = ()) -> None:
        """Notes and removes without the right to work in a chat: whoever has it looks again, or takes it at once."""
        notes = list(add)
        await self._do(chat, b"*", b"", "note", due=f"<{self._now()}" if notes else "", add=notes, remove=remove)

    async def forget(self, chat: int) -> None:
        """Removes all that is kept of a chat."""
        self.leases.pop(chat, None)
        mark = self._seal.chat(chat)
        self._recall.forget(mark)
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
        mark = self._seal.chat(chat)
        seen = await self._load(mark)
        while (wait := self._lost + LEASE / 2 - self._now()) > 0:
            await self._pause(wait)
            seen = await self._load(mark)
        return seen

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
        mode, due = "steal" if steal else "take", str(until)
        said = await self._do(chat, seen.version, mine.token, mode, until, due, memory, notes, seen=seen)
        if said and said[0] < 0:
            return None, None
        stored = Seen(said[1] if said else b"", memory, together(seen.notes, notes))
        if said and not said[0]:
            return stored, None
        if self.leases.get(chat) is not mine:
            self.release(chat)
            self.leases[chat] = mine
        mine.until = until
        return stored, mine

    async def end(self, chat: int, seen: Seen, lease: Lease, memory: Memory | None, due: float | None) -> Ended:
        """Gives the lease back, and says when somebody must look again."""
        when = "-" if due is None else str(due)
        said = await self._do(chat, seen.version, lease.token, "end", due=when, memory=memory)
        if said is None or said[0] >= 0:
            return Ended.DONE
        return Ended.CHANGED if said[0] == -1 else Ended.LOST

    def release(self, chat: int, lease: Lease | None = None) -> None:
        """Whoever works in the chat for this replica, with this lease if one is named, is to stop."""
        held = self.leases.get(chat)
        if held and lease in (None, held):
            del self.leases[chat]
            held.lost()

    async def look_again(self, chat: int, at: float) -> None:
        """Somebody has to look at the chat at a time (seconds since 1970)."""
        await self._do(chat, b"*", b"", "note", due=str(at))

    # ---- what is due

    async def claim(self) -> list[tuple[int, Seen]]:
        """Chats in which nobody has looked when somebody should have; no other replica gets them for a while."""
        now = self._now()
        try:
            args: list[Any] = [now, now + LEASE, CLAIMED, secrets.token_bytes(8)]
            birth, marks = await self._claim([_DUE, _BIRTH], args)
            self._meet(birth)
            found = [(mark, seen) for mark in marks if (seen := await self._fetch(mark))]
            if lost := [mark for mark, seen in found if not seen.notes]:  # another key's, or too old
                await self._redis.zrem(_DUE, *lost)
        except (RedisError, OSError) as error:
            self._failed(error)
            return []
        self._recall.fade(now - 2 * LEASE)
        await asyncio.gather(*map(self._put_back, list(self._recall.missing)[:PUT_BACK]))
        if now < self._lost + LEASE / 2:
            return []
        return [(seen.notes[0].chat, seen) for _, seen in found if seen.notes]

    async def extend(self) -> None:
        """Keeps the leases of work that takes long; who has lost one is told."""
        for chat, lease in list(self.leases.items()):
            until = self._now() + LEASE
            if until - lease.until < LEASE / 2:
                continue
            mark = self._seal.chat(chat)
            try:
                kept = await self._extend([self._keys(mark)[2], _DUE], [lease.token, until, mark])
            except (RedisError, OSError) as error:
                self._failed(error)
                return
            if kept:
                lease.until = until
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
                due = f"{self._now() + LEASE}"
                await self._do(chat, b"*", b"", "note", due=due, memory=seen.memory, add=seen.notes)
                await self._redis.delete(*self._keys(mark)[:3])
                await self._redis.zrem(_DUE, mark)

    async def close(self) -> None:
        """Ends the connection."""
        await self._redis.aclose()

    # ---- what Redis may have lost

    def _meet(self, birth: bytes) -> None:
        """Notices a store that is not the one we knew, or that has been away."""
        if birth == self._birth and not self._failing:
            return
        known = self._recall.lose()
        if self._birth and birth != self._birth:
            log.error("the store has lost its data: %d chats are put back", known)
            self._lost = self._now()
        self._birth, self._failing = birth, False

    async def _put_back(self, mark: bytes) -> None:
        """Puts back into the store what this replica knows of a chat."""
        while there := await self._fetch(mark):
            back = self._recall.back(mark, there)
            if back is None:
                self._recall.settled(mark)
                return
            memory, chat = back.memory, back.chat
            calm = memory and not (memory.wanted or memory.closed or there.notes)
            due = f"<{memory.touched + self._idle if memory and calm else self._now()}"
            lease = self.leases.get(chat)
            token, mode, until = (lease.token, "take", lease.until) if lease else (b"", "note", 0.0)
            await self._do(chat, there.version, token, mode, until, due, memory, back.add, back.remove, seen=there)

    # ---- to Redis and back

    async def _marks(self) -> list[bytes]:
        found: Any = await self._redis.zrange(_DUE, 0, -1)  # bytes, as nothing is decoded
        return list(found)

    @staticmethod
    def _keys(mark: bytes) -> list[bytes]:
        return [_NAME + b"notes:" + mark, _NAME + b"memory:" + mark, _NAME + b"lease:" + mark, _DUE]

    async def _load(self, mark: bytes) -> Seen:
        seen = await self._fetch(mark)
        if mark in self._recall.missing and seen:
            await self._put_back(mark)
            seen = await self._fetch(mark)
        return seen or self._recall.calm(mark)

    async def _fetch(self, mark: bytes) -> Seen | None:
        """A chat as the store has it; None where it does not answer."""
        notes_key, memory_key = self._keys(mark)[:2]
        try:
            async with self._redis.pipeline() as pipe:
                pipe.set(_BIRTH, secrets.token_bytes(8), nx=True)
                pipe.get(_BIRTH)
                pipe.hgetall(notes_key)
                pipe.get(memory_key)
                _, birth, rows, memory = await pipe.execute()
        except (RedisError, OSError) as error:
            self._failed(error)
            return None
        self._meet(birth)
        notes = []
        for name, value in rows.items():
            if name != b"v" and (ids := self._seal.open(value[8:])):
                notes.append(Note(*ids, struct.unpack(">d", value[:8])[0]))
        plain = self._seal.unwrap(memory) if memory else None
        return Seen(rows.get(b"v", b""), Memory(**json.loads(plain)) if plain else None, notes)

    async def _do(
        self, chat: int, version: bytes, token: bytes, mode: str, until: float = 0, due: str = "",
        memory: Memory | None = None, add: Iterable[Note] = (), remove: Iterable[int] = (), seen: Seen | None = None,
    ) -> tuple[int, bytes] | None:  # fmt: skip
        """One change; None where the store does not answer. `seen` is what the notes are added to."""
        mark, seal, notes, gone = self._seal.chat(chat), self._seal, list(add), list(remove)
        args: list[Any] = [mark, version, secrets.token_bytes(8), token, mode, self._now(), until, due]
        args += [seal.wrap(json.dumps(asdict(memory)).encode()) if memory else "", int(self._idle * 1000)]
        args += [len(gone), *(seal.message(chat, message) for message in gone)]
        for n in notes:
            args += [seal.message(chat, n.message), struct.pack(">d", n.at) + seal.close(chat, n.message, n.kind)]
        try:
            said: tuple[int, bytes] | None = tuple(await self._change(self._keys(mark), args))
        except (RedisError, OSError) as error:
            self._failed(error)
            said = None
        if said is None or said[0] >= 0:
            sure, free = said is not None, mode == "note"
            self._recall.keep(mark, chat, seen, memory, notes, gone, self._now(), sure=sure, free=free)
        return said

    def _failed(self, error: Exception) -> None:
        if not self._failing:  # one line, not one for each message
            self._failing = True
            log.error("the store fails (%s): what is sent now is noted when it is back", type(error).__name__)


def _strays(notes: list[Note]) -> list[Note]:
    """What is left of notes when somebody else works in the chat: messages of ours that are in the way there."""
    ours = (Kind.LIVING, Kind.BLAND)
    return [replace(n, kind=Kind.TYPED) if n.kind in ours else n for n in notes if n.kind is not Kind.CLOSING]


def connect(url: str) -> Redis:
    """A client of the Redis at `url`; a short absence is waited for."""
    pool = BlockingConnectionPool.from_url(
        url, max_connections=CONNECTIONS, timeout=None, socket_timeout=2, socket_connect_timeout=2,
        retry=Retry(ExponentialBackoff(cap=0.5, base=0.05), 5),
    )  # fmt: skip
    return Redis.from_pool(pool)


async def open_shared(
    url: str, seal: Seal, idle: float, now: Callable[[], float],
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> SharedLedger:  # fmt: skip
    """The ledger in the Redis at `url`. Raises StoreError where none answers."""
    redis = connect(url)
    try:
        await redis.ping()
        ledger = SharedLedger(redis, seal, idle, now, pause)
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

"""A Bot API server on loopback for the tests: people who say and tap, and refusals as the real one words them.

It keeps every chat as the person sees it, reads HTML like the real server, does not delete what is older than 48 hours
(nor young dice) by a clock that tests move, and can be told to refuse, flood, fail, wait, drop a connection, or lose
an answer.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterable
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html.parser import HTMLParser
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
from aiohttp import web

TOKEN = "4242424242:AAtest-token_of-the_fake"
DELETABLE = 48 * 3600
DICE = 24 * 3600  # dice in a private chat must be older than this to be deleted
TAGS = {"b", "strong", "i", "em", "u", "s", "code", "pre", "a", "blockquote", "tg-spoiler"}
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"


class Clock:
    """London's time as the tests set it."""

    def __init__(self, at: datetime | None = None) -> None:
        self.at = at or datetime(2026, 11, 18, 15, 0, tzinfo=ZoneInfo("Europe/London"))

    def __call__(self) -> datetime:
        return self.at

    @property
    def seconds(self) -> float:
        return self.at.timestamp()

    def move(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    async def pause(self, seconds: float) -> None:
        """Waiting costs no time in tests: the clock moves instead."""
        self.move(seconds)
        await asyncio.sleep(0)


@dataclass
class Fault:
    """What happens to one call. `code` answers instead; `lose` carries it out and drops the answer; `drop` neither."""

    code: int = 0
    retry_after: int = 0
    drop: bool = False
    lose: bool = False
    text: str = ""


@dataclass
class Call:
    method: str
    params: dict[str, Any]
    error: str = ""

    @property
    def chat(self) -> int:
        return int(self.params.get("chat_id", 0))


@dataclass
class Message:
    id: int
    text: str
    date: float
    mine: bool  # sent by the bot
    markup: dict[str, Any] = field(default_factory=dict)
    silent: bool = True
    dice: bool = False

    @property
    def buttons(self) -> list[dict[str, Any]]:
        return [button for row in self.markup.get("inline_keyboard", []) for button in row]


class Refusal(Exception):
    def __init__(self, code: int, text: str, retry_after: int = 0) -> None:
        super().__init__(text)
        self.code, self.text, self.retry_after = code, text, retry_after


class _Html(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.open = "", list[str]()

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        if tag not in TAGS:
            raise Refusal(400, f'Bad Request: can\'t parse entities: Unsupported start tag "{tag}"')
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise Refusal(400, "Bad Request: can't parse entities: unexpected end tag")


def visible(html: str) -> str:
    """The text that HTML shows. Raises Refusal where Telegram cannot parse it."""
    if re.search(r"&(?!(amp|lt|gt|quot|#\d+|#x[0-9a-f]+);)", html) or re.search(r"<(?![/a-z])", html):
        raise Refusal(400, "Bad Request: can't parse entities")
    parser = _Html()
    parser.feed(html)
    parser.close()
    if parser.open:
        raise Refusal(400, "Bad Request: can't parse entities: Can't find end tag")
    return parser.text


class FakeTelegram:
    """The server and its people. `fault` decides what goes wrong with a call; `hold` makes calls wait for an event."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.calls: list[Call] = []
        self.chats: dict[int, dict[int, Message]] = {}
        self.shown: dict[int, list[str]] = {}  # every text that each chat has ever shown
        self.blocked: set[int] = set()
        self.fault: Callable[[str, dict[str, Any]], Fault | None] = lambda _method, _params: None
        self.hold: Callable[[str, dict[str, Any]], asyncio.Event | None] = lambda _method, _params: None
        self.too_early: list[Call] = []  # calls made although the server had asked to wait
        self._wait_until: dict[tuple[int, str], float] = {}
        self._queue: list[dict[str, Any] | bytes] = []
        self._ids = self._updates = self._queries = 1000
        self._open: set[str] = set()
        self._changed = asyncio.Condition()
        self.hook = ""
        self.secret = ""
        self.deliveries: set[asyncio.Task[None]] = set()
        self._turns: dict[int, asyncio.Lock] = {}
        self.username = "quiet_list_bot"
        self.session: aiohttp.ClientSession | None = None

    # ---- life

    async def start(self, port: int = 0) -> str:
        self._runner = web.ServerRunner(web.Server(self._serve, access_log=None), shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        if self.session is None:
            self.session = aiohttp.ClientSession()
        return self.root

    @property
    def root(self) -> str:
        """The server's address, as DOORWAY_API_ROOT takes it."""
        return f"http://127.0.0.1:{self.port}"

    async def restart(self) -> None:
        """Goes away and comes back; what waits for the bot is kept."""
        await self._runner.cleanup()
        await self.start(self.port)

    async def stop(self) -> None:
        await self._tell()
        for task in self.deliveries:
            task.cancel()
        await asyncio.gather(*self.deliveries, return_exceptions=True)
        if self.session:
            await self.session.close()
        await self._runner.cleanup()

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def until(self, true: Callable[[], object], seconds: float = 10) -> None:
        """Waits for what calls bring about."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(lambda: bool(true()))

    # ---- the people

    def say(self, chat: int, text: str, age: float = 0, **more: Any) -> int:
        """The person sends words; the message's id."""
        content = {"text": text}
        if text.startswith("/"):
            content["entities"] = [{"type": "bot_command", "offset": 0, "length": len(text.split()[0])}]  # type: ignore[assignment]
        return self.put(chat, content, age, **more)

    def put(self, chat: int, content: dict[str, Any], age: float = 0, kind: str = "message") -> int:
        """The person sends a message of any content."""
        self._ids += 1
        date = self.clock.seconds - age
        self._show(chat, Message(self._ids, str(content.get("text", "")), date, mine=False, dice="dice" in content))
        self.update({kind: self.wire_message(chat, self._ids, date, content)})
        return self._ids

    def wire_message(self, chat: int, message: int, date: float, content: dict[str, Any]) -> dict[str, Any]:
        person = {"id": chat, "is_bot": False, "first_name": "Person", "language_code": "en"}
        at = {"id": chat, "type": "private", "first_name": "Person"}
        return {"message_id": message, "from": person, "chat": at, "date": int(date), **content}

    def tap(self, chat: int, data: str, message: int = 0) -> str:
        """The person taps a button with this data, on the newest screen unless told otherwise."""
        shown = self.screen(chat)
        message = message or (shown.id if shown else 1)
        self._queries += 1
        query = str(self._queries)
        self._open.add(query)
        on = self.wire_message(chat, message, self.clock.seconds, {"text": "x"})
        tapped = {"id": query, "from": on["from"], "message": on, "chat_instance": "1", "data": data}
        self.update({"callback_query": tapped})
        return query

    def press(self, chat: int, label: str) -> str:
        """The person taps the button with this label."""
        screen = self.screen(chat)
        assert screen, "no screen to tap on"
        found = [b["callback_data"] for b in screen.buttons if b["text"] == label and "callback_data" in b]
        assert found, f"no button {label!r} among {[b['text'] for b in screen.buttons]}"
        return self.tap(chat, found[0], screen.id)

    def update(self, body: dict[str, Any], number: int = 0) -> int:
        """Any update, well-formed or not; its number."""
        self._updates += 1
        number = number or self._updates
        self._hand_over({"update_id": number, **body})
        return number

    def poison(self, raw: bytes) -> None:
        """Bytes in the place of an update; `%d` stands for its number."""
        self._updates += 1
        self._hand_over(raw.replace(b"%d", b"%d" % self._updates))

    def block(self, chat: int) -> None:
        self.blocked.add(chat)
        person = {"id": chat, "is_bot": False, "first_name": "Person"}
        bot = {"id": 1, "is_bot": True, "first_name": "Bot"}
        self.update({"my_chat_member": {
            "chat": {"id": chat, "type": "private"}, "from": person, "date": int(self.clock.seconds),
            "old_chat_member": {"user": bot, "status": "member"},
            "new_chat_member": {"user": bot, "status": "kicked", "until_date": 0}}})  # fmt: skip

    def seen(self, chat: int) -> list[Message]:
        """What is in the chat now."""
        return list(self.chats.get(chat, {}).values())

    def texts(self, chat: int) -> list[str]:
        return [message.text for message in self.seen(chat)]

    def screen(self, chat: int) -> Message | None:
        return next((m for m in reversed(self.seen(chat)) if m.buttons), None)

    def _show(self, chat: int, message: Message) -> None:
        self.chats.setdefault(chat, {})[message.id] = message
        self.shown.setdefault(chat, []).append(message.text)

    # ---- updates to the bot

    def _hand_over(self, update: dict[str, Any] | bytes) -> None:
        if self.hook:
            task = asyncio.ensure_future(self._insist(update))
            self.deliveries.add(task)
            task.add_done_callback(self.deliveries.discard)
        else:
            self._queue.append(update)
            asyncio.ensure_future(self._tell())  # noqa: RUF006

    async def _insist(self, update: dict[str, Any] | bytes) -> None:
        """Delivers again and again until the bot takes it, a chat's messages one after the other."""
        body = update.get("message", {}) if isinstance(update, dict) else {}
        chat = body.get("chat", {}).get("id", 0) if isinstance(body, dict) else 0
        async with self._turns.setdefault(chat, asyncio.Lock()) if chat else nullcontext():
            while True:
                with suppress(aiohttp.ClientError):
                    if await self.deliver(update) < 300:
                        return
                await asyncio.sleep(0.01)  # nobody listens: there is no event to wait for

    async def deliver(self, update: dict[str, Any] | bytes, secret: str | None = None) -> int:
        """Posts an update to the webhook once; the status. A call in the response is carried out."""
        body = update if isinstance(update, bytes) else json.dumps(update).encode()
        headers = {SECRET_HEADER: self.secret if secret is None else secret, "Content-Type": "application/json"}
        assert self.session
        async with self.session.post(self.hook, data=body, headers=headers) as response:
            answer = await response.read()
            if answer[:1] == b"{":
                params = json.loads(answer)
                await self._call(params.pop("method"), params)
            return response.status

    async def drained(self) -> None:
        """Waits until the bot has taken every update."""
        if self.hook:
            while self.deliveries:
                await asyncio.wait(set(self.deliveries))
        else:
            await self.until(lambda: not self._queue)

    async def _get_updates(self, params: dict[str, Any]) -> bytes:
        offset = int(params.get("offset") or 0)
        kept = [u for u in self._queue if self._number(u) >= offset]
        if len(kept) != len(self._queue):
            self._queue = kept
            await self._tell()
        async with self._changed:
            await self._changed.wait_for(lambda: bool(self._queue) or not params.get("timeout"))
        batch = self._queue[: int(params.get("limit") or 100)]
        parts = [u if isinstance(u, bytes) else json.dumps(u).encode() for u in batch]
        return b'{"ok":true,"result":[' + b",".join(parts) + b"]}"

    @staticmethod
    def _number(update: dict[str, Any] | bytes) -> int:
        if isinstance(update, dict):
            return int(update["update_id"])
        found = re.search(rb'"update_id":(\d+)', update)
        return int(found[1]) if found else 0

    # ---- calls from the bot

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        path, _, method = request.path.rpartition("/")
        params = json.loads(await request.read() or b"{}")
        if path != f"/bot{TOKEN}":
            return web.json_response({"ok": False, "error_code": 401, "description": "Unauthorized"}, status=401)
        if method == "getUpdates":
            return web.Response(body=await self._get_updates(params), content_type="application/json")
        fault = self.fault(method, params) or Fault()
        if fault.drop:
            self._record(Call(method, params, "dropped"))
            await self._tell()
            _cut(request)
        if (gate := self.hold(method, params)) is not None:
            await gate.wait()
        if fault.code:
            status, body = self._refused(Call(method, params), self._planned(fault, method, params))
            await self._tell()
        else:
            status, body = await self._call(method, params)
        if fault.lose:
            _cut(request)
        return web.json_response(body, status=status)

    def _planned(self, fault: Fault, method: str, params: dict[str, Any]) -> Refusal:
        texts = {
            429: f"Too Many Requests: retry after {fault.retry_after}",
            403: "Forbidden: bot was blocked by the user",
        }
        if fault.code == 429:
            self._wait_until[int(params.get("chat_id", 0)), method] = self.clock.seconds + fault.retry_after
        return Refusal(fault.code, fault.text or texts.get(fault.code, "Internal Server Error"), fault.retry_after)

    async def _call(self, method: str, params: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        call = Call(method, params)
        if self.clock.seconds < self._wait_until.get((call.chat, method), 0):
            self.too_early.append(call)
        try:
            do = getattr(self, "_do_" + method, None)
            if call.chat in self.blocked and call.chat:
                raise Refusal(403, "Forbidden: bot was blocked by the user")
            result = do(call.chat, params) if do else True
            self._record(call)
            return 200, {"ok": True, "result": result}
        except Refusal as refusal:
            return self._refused(call, refusal)
        finally:
            await self._tell()

    def _record(self, call: Call) -> None:
        self.calls.append(call)

    def _refused(self, call: Call, refusal: Refusal) -> tuple[int, dict[str, Any]]:
        call.error = refusal.text
        self._record(call)
        body: dict[str, Any] = {"ok": False, "error_code": refusal.code, "description": refusal.text}
        if refusal.retry_after:
            body["parameters"] = {"retry_after": refusal.retry_after}
        return refusal.code, body

    def made(self, *methods: str, chat: int = 0) -> list[Call]:
        """The calls of these methods (all if none is named), in a chat if one is named."""
        return [c for c in self.calls if (not methods or c.method in methods) and (not chat or c.chat == chat)]

    def _do_getMe(self, _chat: int, _params: dict[str, Any]) -> dict[str, Any]:
        return {"id": 1, "is_bot": True, "first_name": "Bot", "username": self.username}

    def _do_setWebhook(self, _chat: int, params: dict[str, Any]) -> bool:
        self.hook, self.secret = params["url"], params.get("secret_token", "")
        waiting, self._queue = self._queue, []
        for update in waiting:
            self._hand_over(update)
        return True

    def _do_deleteWebhook(self, _chat: int, _params: dict[str, Any]) -> bool:
        self.hook = ""
        return True

    def _do_sendMessage(self, chat: int, params: dict[str, Any]) -> dict[str, Any]:
        if chat not in self.chats:
            raise Refusal(400, "Bad Request: chat not found")
        text, markup = self._content(params)
        self._ids += 1
        silent = params.get("disable_notification") is True
        self._show(chat, Message(self._ids, text, self.clock.seconds, True, markup, silent))
        return self.wire_message(chat, self._ids, self.clock.seconds, {"text": text})

    def _do_editMessageText(self, chat: int, params: dict[str, Any]) -> dict[str, Any]:
        message = self._find(chat, params["message_id"], "edit")
        if not message.mine:
            raise Refusal(400, "Bad Request: message can't be edited")
        text, markup = self._content(params)
        if (message.text, message.markup) == (text, markup):
            raise Refusal(400, "Bad Request: message is not modified: specified new message content and reply markup "
                               "are exactly the same as a current content and reply markup of the message")  # fmt: skip
        self._show(chat, Message(message.id, text, message.date, True, markup))
        return self.wire_message(chat, message.id, message.date, {"text": text})

    def _do_deleteMessage(self, chat: int, params: dict[str, Any]) -> bool:
        self._find(chat, params["message_id"], "delete")
        return self._delete(chat, [params["message_id"]])

    def _do_deleteMessages(self, chat: int, params: dict[str, Any]) -> bool:
        ids = params["message_ids"]
        if not 1 <= len(ids) <= 100:
            raise Refusal(400, "Bad Request: wrong number of message identifiers")
        return self._delete(chat, ids)

    def _do_answerCallbackQuery(self, _chat: int, params: dict[str, Any]) -> bool:
        if params["callback_query_id"] not in self._open:
            raise Refusal(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        self._open.discard(params["callback_query_id"])
        return True

    def _delete(self, chat: int, ids: Iterable[int]) -> bool:
        there = [self.chats[chat][i] for i in ids if i in self.chats.get(chat, {})]
        if any(not self._deletable(message) for message in there):
            raise Refusal(400, "Bad Request: message can't be deleted")
        for message in there:
            del self.chats[chat][message.id]
        return True

    def _deletable(self, message: Message) -> bool:
        age = self.clock.seconds - message.date
        return age < DELETABLE and (not message.dice or age > DICE)

    def _find(self, chat: int, message: int, what: str) -> Message:
        if message not in self.chats.get(chat, {}):
            raise Refusal(400, f"Bad Request: message to {what} not found")
        return self.chats[chat][message]

    def _content(self, params: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        text = visible(params["text"]) if params.get("parse_mode") == "HTML" else params["text"]
        if not text.strip():
            raise Refusal(400, "Bad Request: message text is empty")
        if len(text.encode("utf-16-le")) > 2 * 4096:
            raise Refusal(400, "Bad Request: message is too long")
        markup = params.get("reply_markup") or {}
        for row in markup.get("inline_keyboard", []):
            for button in row:
                self._check_button(button)
        return text, markup

    @staticmethod
    def _check_button(button: dict[str, Any]) -> None:
        if not button.get("text") or len(button.keys() & {"callback_data", "url", "copy_text"}) != 1:
            raise Refusal(400, "Bad Request: can't parse inline keyboard button: text buttons are unallowed")
        if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= 64:
            raise Refusal(400, "Bad Request: BUTTON_DATA_INVALID")
        if "url" in button and not re.fullmatch(r"(https?|tg)://\S+", button["url"]):
            raise Refusal(400, "Bad Request: BUTTON_URL_INVALID")
        if "copy_text" in button and not 1 <= len(button["copy_text"]["text"]) <= 256:
            raise Refusal(400, "Bad Request: BUTTON_COPY_TEXT_INVALID")


def _cut(request: web.BaseRequest) -> None:
    """Breaks the connection without an answer."""
    if request.transport:
        request.transport.abort()
    raise ConnectionResetError


def once(method: str, fault: Fault, times: int = 1) -> Callable[[str, dict[str, Any]], Fault | None]:
    """A fault for the first calls of a method (several names parted by spaces)."""
    left = [times]

    def decide(called: str, _params: dict[str, Any]) -> Fault | None:
        if called not in method.split() or not left[0]:
            return None
        left[0] -= 1
        return fault

    return decide



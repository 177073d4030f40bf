"""Calls a ragprune server, waiting or not."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, NoReturn, Self, TypeVar, Unpack

import httpx

from ragprune.errors import ApiError, TransportError
from ragprune.lines import LINES, BatchReader, Lines, PruneReader, Reader, api_error, batch_item
from ragprune.types import Answer, Document, Event, MessageContext, MessagesAnswer, PruneOptions, Question, Ranked

DEFAULT_URL = "http://127.0.0.1:8080"
DEFAULT_TIMEOUT = 60.0
"""Seconds. The server answers by cheaper means long before."""

T = TypeVar("T")


def _prune_body(query: str, documents: Sequence[str | Document], options: PruneOptions) -> dict[str, Any]:
    return Question(query, documents, options).body()


def _batch_body(questions: Sequence[Question], options: PruneOptions) -> dict[str, Any]:
    return {"options": options, "items": [q.body() for q in questions]}


def _batch(raw: Mapping[str, Any]) -> list[Answer | ApiError]:
    return [answer for _, answer in map(batch_item, raw["items"])]


def _messages_body(
    messages: Sequence[Mapping[str, Any]], query: str | None, context: MessageContext | None, options: PruneOptions
) -> dict[str, Any]:
    return {"messages": list(messages), "query": query, "context": context, "prune": options}


def _rerank_body(query: str, documents: Sequence[str | Document], top_n: int | None) -> dict[str, Any]:
    sent = [d if isinstance(d, str) else d.body() for d in documents]
    return {"query": query, "documents": sent, "top_n": top_n, "return_documents": False}


def _ranking(raw: Mapping[str, Any]) -> list[Ranked]:
    return [Ranked.of(r) for r in raw["results"]]


def _read(response: httpx.Response, of: Callable[[Mapping[str, Any]], T]) -> T:
    """The result of an answer. Raises what it is instead."""
    try:
        raw = response.json()
    except ValueError as error:
        raise TransportError(f"status {response.status_code} without JSON from {response.url}") from error
    if response.is_success:
        try:
            return of(raw)
        except (KeyError, TypeError) as error:
            raise TransportError(f"not an answer of ragprune from {response.url}: {error!r}") from error
    if not isinstance(raw, dict) or "code" not in raw:
        raise TransportError(f"status {response.status_code}, and not of ragprune, from {response.url}")
    wait = response.headers.get("Retry-After", "")
    raise api_error(
        {**raw, "status": response.status_code},
        request_id=response.headers.get("X-Request-Id", ""),
        retry_after=float(wait) if wait.isdigit() else None,
    )


def _refuse(response: httpx.Response) -> NoReturn:
    """Raises what an answer is that was to be in lines and is not."""
    _read(response, lambda _: None)
    raise TransportError(f"the answer from {response.url} is not in lines")


def _is_lines(response: httpx.Response) -> bool:
    return response.status_code == 200 and response.headers.get("Content-Type", "").split(";")[0] == LINES


def _unreached(url: str, error: Exception) -> TransportError:
    return TransportError(f"{url}: {str(error) or type(error).__name__}")


def _headers(key: str | None) -> dict[str, str]:
    return {"Authorization": "Bearer " + key} if key else {}


def _encode(body: Mapping[str, Any]) -> bytes:
    # Half of a surrogate pair, which strings from broken decoders hold, cannot
    # be sent as UTF-8; the server repairs its escape and says so.
    return json.dumps(body, ensure_ascii=True, allow_nan=False).encode("ascii")


_JSON = {"Content-Type": "application/json"}
_LINES = {**_JSON, "Accept": LINES}


class Client:
    """A server, asked and waited for. It is safe for use by many threads.

    Every method raises an ApiError if the server answers with a problem, and a
    TransportError if it cannot be reached or does not answer in time.
    """

    def __init__(
        self,
        url: str = DEFAULT_URL,
        *,
        key: str | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        http: httpx.Client | None = None,
    ) -> None:
        """url is the address of the server, key its API key if it asks for one,
        timeout in seconds. http is used in place of a new httpx.Client, for
        example to set proxies or certificates; it is not closed."""
        self._url = url.rstrip("/")
        self._headers = _headers(key)
        self._timeout = timeout
        self._owned = http is None
        self._http = http or httpx.Client()

    def prune(self, query: str, documents: Sequence[str | Document], **options: Unpack[PruneOptions]) -> Answer:
        """Keeps what helps to answer query."""
        return self._post("/prune", _prune_body(query, documents, options), Answer.of)

    def prune_stream(
        self, query: str, documents: Sequence[str | Document], **options: Unpack[PruneOptions]
    ) -> Iterator[Event]:
        """As prune, but says how far it is: each result as soon as it is certain,
        in any order, and last the whole answer. Whoever stops to read stops the
        work. timeout is that for each line."""
        return self._lines("/prune", _prune_body(query, documents, options), PruneReader(options))

    def prune_batch(self, questions: Sequence[Question], **options: Unpack[PruneOptions]) -> list[Answer | ApiError]:
        """Answers many questions in one call, each by itself: what is wrong with
        one is in its place, and is not raised. The server has longer for them than
        for one request; so should timeout be."""
        return self._post("/prune/batch", _batch_body(questions, options), _batch)

    def prune_batch_stream(
        self, questions: Sequence[Question], **options: Unpack[PruneOptions]
    ) -> Iterator[tuple[int, Answer | ApiError]]:
        """As prune_batch, but each answer as soon as it is there, with the place of
        its question. timeout is that for each line."""
        return self._lines("/prune/batch", _batch_body(questions, options), BatchReader())

    def prune_messages(
        self,
        messages: Sequence[Mapping[str, Any]],
        *,
        query: str | None = None,
        context: MessageContext | None = None,
        **options: Unpack[PruneOptions],
    ) -> MessagesAnswer:
        """Keeps of the context in chat messages, as OpenAI has them, what helps to
        answer the last question in them, or query. context says where it is, if
        not between the usual marks. Of the options, top_n, min_score and order
        cannot be sent."""
        body = _messages_body(messages, query, context, options)
        return self._post("/prune/messages", body, MessagesAnswer.of)

    def rerank(self, query: str, documents: Sequence[str | Document], *, top_n: int | None = None) -> list[Ranked]:
        """Scores documents, best first; all of them, or the best top_n."""
        return self._post("/v2/rerank", _rerank_body(query, documents, top_n), _ranking)

    def close(self) -> None:
        """Closes the connections."""
        if self._owned:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _post(self, path: str, body: Mapping[str, Any], of: Callable[[Mapping[str, Any]], T]) -> T:
        try:
            response = self._http.post(
                self._url + path, content=_encode(body), headers={**_JSON, **self._headers}, timeout=self._timeout
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _unreached(self._url + path, error) from error
        return _read(response, of)

    def _lines(self, path: str, body: Mapping[str, Any], reader: Reader[T]) -> Iterator[T]:
        url = self._url + path
        headers = {**_LINES, **self._headers}
        try:
            with self._http.stream(
                "POST", url, content=_encode(body), headers=headers, timeout=self._timeout
            ) as response:
                if not _is_lines(response):
                    response.read()
                    _refuse(response)
                lines = Lines(reader, url)
                for data in response.iter_bytes():
                    yield from lines.feed(data)
                lines.finish()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _unreached(url, error) from error


class AsyncClient:
    """A server, asked without blocking. See Client."""

    def __init__(
        self,
        url: str = DEFAULT_URL,
        *,
        key: str | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        """As of Client."""
        self._url = url.rstrip("/")
        self._headers = _headers(key)
        self._timeout = timeout
        self._owned = http is None
        self._http = http or httpx.AsyncClient()

    async def prune(self, query: str, documents: Sequence[str | Document], **options: Unpack[PruneOptions]) -> Answer:
        """Keeps what helps to answer query."""
        return await self._post("/prune", _prune_body(query, documents, options), Answer.of)

    def prune_stream(
        self, query: str, documents: Sequence[str | Document], **options: Unpack[PruneOptions]
    ) -> AsyncIterator[Event]:
        """As of Client."""
        return self._lines("/prune", _prune_body(query, documents, options), PruneReader(options))

    async def prune_batch(
        self, questions: Sequence[Question], **options: Unpack[PruneOptions]
    ) -> list[Answer | ApiError]:
        """As of Client."""
        return await self._post("/prune/batch", _batch_body(questions, options), _batch)

    def prune_batch_stream(
        self, questions: Sequence[Question], **options: Unpack[PruneOptions]
    ) -> AsyncIterator[tuple[int, Answer | ApiError]]:
        """As of Client."""
        return self._lines("/prune/batch", _batch_body(questions, options), BatchReader())

    async def prune_messages(
        self,
        messages: Sequence[Mapping[str, Any]],
        *,
        query: str | None = None,
        context: MessageContext | None = None,
        **options: Unpack[PruneOptions],
    ) -> MessagesAnswer:
        """As of Client."""
        body = _messages_body(messages, query, context, options)
        return await self._post("/prune/messages", body, MessagesAnswer.of)

    async def rerank(
        self, query: str, documents: Sequence[str | Document], *, top_n: int | None = None
    ) -> list[Ranked]:
        """Scores documents, best first; all of them, or the best top_n."""
        return await self._post("/v2/rerank", _rerank_body(query, documents, top_n), _ranking)

    async def close(self) -> None:
        """Closes the connections."""
        if self._owned:
            await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _post(self, path: str, body: Mapping[str, Any], of: Callable[[Mapping[str, Any]], T]) -> T:
        try:
            response = await self._http.post(
                self._url + path, content=_encode(body), headers={**_JSON, **self._headers}, timeout=self._timeout
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _unreached(self._url + path, error) from error
        return _read(response, of)

    async def _lines(self, path: str, body: Mapping[str, Any], reader: Reader[T]) -> AsyncIterator[T]:
        url = self._url + path
        headers = {**_LINES, **self._headers}
        try:
            async with self._http.stream(
                "POST", url, content=_encode(body), headers=headers, timeout=self._timeout
            ) as response:
                if not _is_lines(response):
                    await response.aread()
                    _refuse(response)
                lines = Lines(reader, url)
                async for data in response.aiter_bytes():
                    for said in lines.feed(data):
                        yield said
                lines.finish()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _unreached(url, error) from error

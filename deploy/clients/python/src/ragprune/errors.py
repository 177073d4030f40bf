"""What the clients raise."""

from __future__ import annotations

from dataclasses import dataclass


class RagpruneError(Exception):
    """The server could not be asked, or gave no result."""


class TransportError(RagpruneError):
    """The server could not be reached, did not answer in time, or answered
    something that is not of ragprune."""


@dataclass(frozen=True)
class FieldProblem:
    """What is wrong with one field of a request."""

    pointer: str
    """A JSON pointer (RFC 6901) into the request."""
    code: str
    message: str


class ApiError(RagpruneError):
    """The server answered with a problem (RFC 9457)."""

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        detail: str = "",
        fields: tuple[FieldProblem, ...] = (),
        request_id: str = "",
        retry_after: float | None = None,
    ) -> None:
        self.status = status
        self.code = code
        """A stable word, such as ``invalid_request`` or ``overloaded``."""
        self.title = title
        self.detail = detail
        self.fields = fields
        self.request_id = request_id
        """Names the exchange in the server's log."""
        self.retry_after = retry_after
        """Seconds after which a new attempt is likely to be taken, if the server
        said so."""
        rules = [f"{f.pointer.removeprefix('/')} {f.message}".strip() for f in fields]
        text = "; ".join(rules) or detail
        super().__init__(f"{title} ({status} {code})" + (f": {text}" if text else ""))

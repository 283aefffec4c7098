"""A webhook: messages as JSON, posted to an address and signed."""

from __future__ import annotations

import hashlib
import hmac
import json

import httpx
from pydantic import SecretStr

from nk_common.clock import Clock
from nk_notifier.channels.base import Message, NotAcceptedError

TIMESTAMP, SIGNATURE, MESSAGE_ID = "x-nkdash-timestamp", "x-nkdash-signature", "x-nkdash-id"
_PATIENCE = 20.0


class Webhook:
    """Posts to `url`. Its address is a secret: whoever knows it can post, so no error and no log names it."""

    name = "webhook"

    def __init__(
        self,
        url: SecretStr,
        secret: SecretStr | None,
        clock: Clock,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._url = url
        self._secret = secret
        self._clock = clock
        self._transport = transport

    async def send(self, message: Message) -> str | None:
        body = json.dumps(message.document, ensure_ascii=False).encode()
        headers = {"content-type": "application/json", MESSAGE_ID: message.id, **self._signed(body)}
        try:
            # A connection per message: they are rare, and one kept open would be dead by the next.
            async with httpx.AsyncClient(timeout=_PATIENCE, transport=self._transport) as client:
                response = await client.post(self._url.get_secret_value(), content=body, headers=headers)
        except httpx.TimeoutException as error:
            raise NotAcceptedError(f"The webhook did not answer within {_PATIENCE:.0f} seconds.") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise NotAcceptedError(
                f"The webhook cannot be reached ({type(error).__name__}). Check NK_ALERT_WEBHOOK_URL and the network."
            ) from None
        if not response.is_success:
            raise NotAcceptedError(
                f"The webhook answered {response.status_code} and not 2xx. Check NK_ALERT_WEBHOOK_URL, and what its "
                "receiver says."
            )
        return None

    def _signed(self, body: bytes) -> dict[str, str]:
        """The moment, and the signature of both: a message that was overheard cannot be sent again much later."""
        if self._secret is None:
            return {}
        moment = str(int(self._clock.now().timestamp()))
        return {
            TIMESTAMP: moment,
            SIGNATURE: signature(self._secret.get_secret_value(), moment, body),
        }


def signature(secret: str, moment: str, body: bytes) -> str:
    """`sha256=` and the HMAC of `<moment>.<body>`, in hexadecimal digits."""
    return "sha256=" + hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()

"""What a 2xx says in its text: some services answer so to everything, and say no in words alone.

Read in their documents or answers: Slack's Web API (`{"ok": false, "error": …}`), Rocket.Chat
(`success`), DingTalk and WeCom (`errcode`), Splunk On-Call (`result`), Office connectors of Teams
(“Webhook message delivery failed with error: …”), healthchecks.io (“OK (not found)”); and any proxy
or login page. A text that nobody knows is a yes: an alert sent again and again helps nobody.
"""

import re
from collections.abc import Mapping
from typing import Any

from connector.http.reply import strict_json

LONGEST_WORD = 60
_NO = frozenset({"error", "fail", "failed", "failure", "rejected"})
_WORD = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+", re.ASCII)  # a service's own code
_PAGE = re.compile(rb"\s*(<!doctype html|<html)", re.IGNORECASE)
_TEXTS = (
    (rb"webhook message delivery failed\b.*?\bHTTP error (\d{3})\b", "delivery failed ({})"),
    (rb"webhook message delivery failed\b", "delivery failed"),
    (rb"ok \(not found\)", "nothing is known by this address"),
    (rb"ok \(rate limited\)", "it was called too often"),
    (rb"(?:error|failed|failure)\b", "it failed"),
)


def refusal(body: bytes) -> str | None:
    """Return in a few words how the text of a 2xx says no, None where it does not."""
    if _PAGE.match(body):
        return "it is a web page"
    try:
        answer = strict_json(body)
    except ValueError:
        return _in_text(body.strip())
    return _in_json(answer) if isinstance(answer, dict) else None


def _in_text(text: bytes) -> str | None:
    for form, words in _TEXTS:
        if found := re.match(form, text, re.IGNORECASE | re.DOTALL):
            return words.format(*map(bytes.decode, found.groups()))
    return None


def _in_json(answer: Mapping[str, Any]) -> str | None:
    verdicts = [answer[key] for key in ("ok", "success") if isinstance(answer.get(key), bool)]
    why, code = answer.get("error"), answer.get("errcode")
    failed = any(str(answer.get(key)).lower() in _NO for key in ("status", "result"))
    failed = failed or bool(why or answer.get("errors") or (isinstance(code, int) and code))
    if all(verdicts) if verdicts else not failed:
        return None
    known = isinstance(why, str) and len(why) <= LONGEST_WORD and _WORD.fullmatch(why)
    return str(why) if known else "it failed"

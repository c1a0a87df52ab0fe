"""What is said of remotes, the worker and channels: what failed, and since when nobody is asked."""

from connector.render.texts.text import Text

_NEXT_POLL = "It is asked again at the next poll"
_ITS_STEP = f"{{why:step|{_NEXT_POLL}}}"
_CHECK_TLS = "Check the address, this machine's clock, and `http.ca_bundle`"
_CHECK_ADDRESS = "Check the address: a redirect is never followed"
_DATES = (
    "Check this machine's clock (NTP). If it is right, report the date to whoever runs the "
    "remote, or the proxy in front of it"
)
_RUN_AS = "Look at the rights of the run-as user"
_APP = "Check the app's key, its rights and the domain"
_MEND = "Mend the cause; `connector resume {resumed} --reason …` asks it again at once"
_CLOCK = (
    "Set this machine's clock (NTP). If it is right, the remote's is wrong: make `lead_time` "
    "longer by as much until it is mended"
)


def _login(step: str) -> Text:
    return Text("the login was refused ({named})", step)


REMOTES = {
    # left alone, stale, silent
    "left-alone": Text("{remote} is left alone until {until}, since {since}: {why}", _MEND),
    "left-alone/for-good": Text(
        "{remote} is left alone until its key or settings change, since {since}: {why}", _MEND
    ),
    "failed": Text("it failed"),
    "failed/asked-to-wait": Text("it asked not to be called until then"),
    "failed-again": Text("{why} ({times} times in a row)"),
    "unanswered": Text("nobody knows what became of the last commit"),
    "unanswered/several": Text("nobody knows what became of {times} commits in a row"),
    "catalog-shrunken": Text(
        "Punchh showed {now} {noun} where it had {before}, so its lists are not used",
        "Look in Punchh whether that is right; if so, `connector resume punchh --reason …`",
    ),
    "stale": Text(
        "the source {source} could not be read since {since}, so nothing of it is committed",
        "`connector status` says why",
    ),
    "stale/never": Text(
        "the source {source} could not be read yet, so nothing of it is committed",
        "`connector status` says why",
    ),
    "unread": Text("{remote} could not be read since {since}{trouble:?: }", "Mend the cause"),
    "unread/never": Text("{remote} could not be read yet{trouble:?: }", "Mend the cause"),
    "clock-off/ahead": Text("the clock of {remote} is {by} ahead of this machine's", _CLOCK),
    "clock-off/behind": Text("the clock of {remote} is {by} behind this machine's", _CLOCK),
    "clock-unusable/ahead": Text(
        "the answers of {remote} are dated {by} ahead of this machine's clock, so their dates are "
        "not used; only this machine's clock counts",
        _DATES,
    ),
    "clock-unusable/behind": Text(
        "the answers of {remote} are dated {by} behind this machine's clock, so their dates are "
        "not used; only this machine's clock counts",
        _DATES,
    ),
    "clock-unusable/years-ahead": Text(
        "the answers of {remote} are dated a year or more ahead of this machine's clock, so their "
        "dates are not used; only this machine's clock counts",
        _DATES,
    ),
    "clock-unusable/years-behind": Text(
        "the answers of {remote} are dated a year or more behind this machine's clock, so their "
        "dates are not used; only this machine's clock counts",
        _DATES,
    ),
    "cycle-failing": Text(
        "each cycle of the worker since {since} has failed: {trouble}",
        "The log says more (`cycle.failed`). Nothing is committed until a cycle comes to its end",
    ),
    "worker-silent": Text(
        "no worker has asked anybody since {since}",
        "See whether `connector run` is running, and what its log says",
    ),
    "mappings-invalid": Text(
        "{first} ({count} in all); the set accepted last stays in force",
        "`connector mappings check` names them",
    ),
    "channel-silent": Text(
        "since {since} nobody could be told on the channel {channel}: {why}",
        "Mend [alerts.channels.{channel}], then `connector alert test --channel {channel}`",
    ),
    "world-met": Text("met for the first time"),
    "mappings-accepted": Text("{count} mapping files accepted"),
    "live": Text("offers may have been given before"),
    "live/nothing-given": Text("nothing was given before"),
    "back-to-rehearsal": Text("back to rehearsal"),
    "restored": Text(
        "restored from generation {before} (the latest: {latest:|none known}) as {after}"
    ),
    "no-thread": Text(
        "this machine did not let the connector start a thread",
        "Raise the service's limit of tasks (TasksMax) or its memory",
    ),
    "fault": Text("it failed by a fault of the connector"),
    "late/answer": Text("no answer in time"),
    # an exchange that brought no usable reply
    "exchange/asked-to-wait": Text("it asked not to be called before {until}"),
    "exchange/redirect": Text("it redirects elsewhere ({status})", _CHECK_ADDRESS),
    "exchange/redirect-nowhere": Text(
        "it redirects without saying where to ({status})", _CHECK_ADDRESS
    ),
    "exchange/redirect-path": Text(
        "it redirects to another path of the same host ({status})", _CHECK_ADDRESS
    ),
    "exchange/redirect-host": Text("it redirects to {place} ({status})", _CHECK_ADDRESS),
    "exchange/redirect-plain": Text(
        "it redirects to {place}, without TLS ({status})", _CHECK_ADDRESS
    ),
    "exchange/switched": Text("it changed the protocol unasked (101)"),
    "exchange/informational": Text("it sent informational answers (1xx) without end"),
    "exchange/too-large": Text("its reply is too large"),
    "exchange/too-long": Text("took too long"),
    "exchange/proxy": Text("the proxy refused or broke the connection{status:? (|)}"),
    "exchange/tls": Text("the TLS connection failed{cause:?: }", _CHECK_TLS),
    "exchange/no-answer": Text("no answer in time"),
    "exchange/connect-timeout": Text("no connection in time"),
    "exchange/no-connection": Text("no connection{cause:?: }"),
    "exchange/broken": Text("the connection broke before the reply was whole"),
    # what the system, or the other side's certificate, had against a connection
    "cause/certificate": Text("its certificate is not valid"),
    "cause/certificate-early": Text("its certificate is not valid yet"),
    "cause/certificate-expired": Text("its certificate has expired"),
    "cause/certificate-self-signed": Text("its certificate is self-signed"),
    "cause/certificate-untrusted": Text(
        "its certificate comes from an authority that is not trusted here"
    ),
    "cause/certificate-revoked": Text("its certificate was revoked"),
    "cause/certificate-host": Text("its certificate is for another host"),
    "cause/certificate-address": Text("its certificate is for another address"),
    "cause/certificate-wanted": Text("it wants a certificate of ours"),
    "cause/no-tls": Text("the other side does not speak TLS on that port"),
    "cause/no-version": Text("no version of TLS is supported by both sides"),
    "cause/bundle-empty": Text("`http.ca_bundle` holds no certificate"),
    "cause/bundle-gone": Text("the file `http.ca_bundle` is gone"),
    "cause/closed": Text("the other side closed the connection"),
    "cause/no-host": Text("no such host"),
    "cause/no-answer": Text("no answer in time"),
    "cause/system": Text("{said}"),
    # an answer that is not what was asked for
    "answer/not-json": Text("its answer is not the JSON it should be"),
    "answer/not-an-object": Text("its answer is no JSON object"),
    "answer/not-a-list": Text("its answer is not a list"),
    "answer/no-key": Text("its answer holds no list `{key}`"),
    "answer/no-count": Text("its answer holds no count"),
    "answer/no-result": Text("its answer holds no result"),
    "answer/too-much": Text("its answer holds more than {most} values"),
    "answer/too-deep": Text("its answer is nested too deep"),
    "answer/too-many": Text("its list holds {count} rows, and at most {most} are read"),
    "answer/too-long": Text("the list is too long: at most {most} rows are read"),
    "answer/unread": Text("{count} of its rows cannot be read: {first}"),
    "answer/moving": Text("its rows moved from page to page each time it was read"),
    "answer/no-rows": Text("none of its rows has an id and a name"),
    "answer/no-reward": Text("an offer in its answer lacks its reward"),
    "answer/no-session": Text("its login answer holds no session"),
    "answer/endless": Text("the list does not end within {pages} pages"),
    "answer/odd-value": Text("its answer has {key} {value}"),
    "answer/odd-page": Text("its next page has the address {address}"),
    "answer/without": Text("its answer has Id {id} without a {field}"),
    "answer/partial": Text("{came} records of {total} came"),
    "answer/status": Text("answered with status {status}"),
    "answer/answered": Text("it answered with status {status}"),
    "answer/throttled": Text("too many requests (429)"),
    "answer/session-expired": Text("every fresh session was refused as expired (401)"),
    "answer/query-failed": Text("the query failed ({error})"),
    "answer/address": Text("its address cannot be used"),
    # a remote that could not be read
    "unreadable/get": Text("GET {path}: {why}", _ITS_STEP),
    "unreadable/401": Text(
        "GET {path}: the key was refused (401)",
        "Check the key and that base_url is the right host for it",
    ),
    "unreadable/403": Text(
        "GET {path}: the key lacks a permission, or the address is not allowed (403)",
        "Give the key the right to read {path}",
    ),
    "unreadable/404": Text("GET {path}: no such address (404)", "Check base_url"),
    "unreadable/429": Text(
        "GET {path}: too many requests (429)", "It is asked again when it allows"
    ),
    "unreadable/status": Text("GET {path}: answered with status {status}", _NEXT_POLL),
    "unreadable/quoted": Text("{why}{said:?: “|”}", "{why:step}"),
    "unreadable/list": Text("GET {path}: {why}", "Nothing is committed until it can be read whole"),
    "unreadable/membership-closed": Text(
        "GET {path}: this key may not ask who is in a segment ({status})",
        "Ask Punchh to open that address; until then nobody checks it",
    ),
    "unreadable/braze-403": Text(
        "GET {path}: the key lacks the permission {permission}, or its allowlist lacks our "
        "address (403)",
        "Make a key with {permission}: a key's permissions cannot be changed",
    ),
    "unreadable/salesforce": Text("{why}", _ITS_STEP),
    "unreadable/private-key": Text("no login can be signed with the private key", "Check its file"),
    "unreadable/login-passing": _login(_NEXT_POLL),
    "unreadable/login-unknown": _login(_APP),
    "unreadable/login-invalid-client-id": _login("Check consumer_key"),
    "unreadable/login-invalid-client": _login("Check consumer_key and consumer_secret"),
    "unreadable/login-invalid-client-credentials": _login("Check consumer_secret"),
    "unreadable/login-invalid-grant": _login(
        "Check domain, the app's run-as user, and that its flow is switched on"
    ),
    "unreadable/login-inactive-user": _login("Look at the run-as user in Salesforce"),
    "unreadable/login-inactive-org": _login("Look at the org in Salesforce"),
    "unreadable/request-limit": Text(
        "the org has used up its API requests of the last 24 hours",
        "Raise the org's limit, or find out which client uses it up",
    ),
    "unreadable/api-disabled": Text(
        "the API is switched off for the org", "Look at the org's edition"
    ),
    "unreadable/query-lost": Text("the query was lost between two pages", _NEXT_POLL),
    "unreadable/query": Text("a query was refused ({error}, {status}): {message}", _NEXT_POLL),
    "unreadable/query-rights": Text("a query was refused ({error}, {status}): {message}", _RUN_AS),
    # test guests
    "guest-token": Text(
        "GET {path}: Punchh does not know the token of canary {canary} (401)",
        "Sign the guest in again and set punchh.canaries.{canary}.token",
    ),
    "guest-signature": Text(
        "GET {path}: Punchh refused the signature (412)",
        "Check punchh.client and punchh.secret: both belong to this business and host",
    ),
    "guest-basket": Text(
        "GET {path}: Punchh cannot apply what canary {canary} holds to this basket (422)",
        "Check the basket: its amount, items, store and channel",
    ),
    "guest-unreadable": Text("GET {path}: {why}", "Ask again later"),
    # channels
    "not-told": Text("{why}"),
    "mail/login": Text("it refused username or password ({code})"),
    "mail/recipients": Text("it refused every address in `to`"),
    "mail/code": Text("it answered with code {code}"),
    "mail/unsupported": Text("it does not offer what `security` or `username` want"),
    "mail/broken": Text("the connection failed or broke{cause:?: }"),
    "mail/tls": Text("the TLS connection failed{cause:?: }"),
    "not-accepted": Text("it answered {status}, and the text says no: {said}"),
}

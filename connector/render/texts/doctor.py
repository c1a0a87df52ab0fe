"""What `connector doctor` says of each thing it tried."""

from connector.render.texts.text import Text

_HANDBOOK = "config/README.md, “Behind a reverse proxy”, has what to write"
_FORWARD = f"Let it set X-Forwarded-For: {_HANDBOOK}"

DOCTOR = {
    "versions": Text("connector {connector}, Python {python}, SQLite {sqlite}"),
    "free": Text("{free} are free in {folder}"),
    "free/little": Text("{free} are free in {folder}", "Make room before it is full"),
    "free/too-little": Text(
        "{free} are free in {folder}", "Make room: a full disk stops all commits"
    ),
    "free/unknown": Text("ledger.url: {error}", "Look at its folder"),
    "access": Text("no other user can read the ledger, or a key in a file"),
    "ledger-access": Text("other users can read {files:list}", "`{command}`"),
    "key-access": Text("any user can read the keys in {files:list}", "`{command}`"),
    "ledger-folder": Text(
        "other users can write to {folder}, and so replace the ledger", "`{command}`"
    ),
    "network": Text(
        "{ledger} is on a network file system ({kind}), where locks may not work",
        "Move it to a local disk: two workers could commit at the same time",
    ),
    "link": Text(
        "{ledger} is reached through the link {link}",
        "If a release changes that link, the ledger is left behind: use its full path",
    ),
    "cycle": Text("{why}", "{why:step}"),
    "public-url": Text(
        "browsers come through a proxy, and web.public_url does not say by which address",
        'Write public_url = "https://…" into [web]',
    ),
    "reached": Text("{url} leads to the pages of this ledger"),
    "reached/failed": Text("{url}: {why}", "Start `connector web`, or look at the proxy before it"),
    "reached/not-running": Text(
        "{url}: status {status}: the proxy does not reach the pages", "Start `connector web`"
    ),
    "reached/other": Text(
        "{url}: something else answers there, with status {status}",
        "Let the proxy pass every path on unchanged",
    ),
    "host": Text(
        "{url}: the proxy asks the pages under another name than browsers ask it",
        f"Let it pass the Host header on: {_HANDBOOK}",
    ),
    "tls": Text(
        "{url}: the proxy takes the Strict-Transport-Security header away",
        f"Let it pass the pages' headers on: {_HANDBOOK}",
    ),
    "address": Text("the proxy is believed, and says that {address} asks"),
    "address/all": Text(
        "all visitors count as {address}, so one who guesses passwords locks all others out",
        'Add "{address}" to proxies in [web], if that is the proxy',
    ),
    "address/unsaid": Text(
        "the proxy {address} does not say whom it asks for, so all visitors count as one", _FORWARD
    ),
    "address/made-up": Text("the proxy passes on whatever address a stranger makes up", _FORWARD),
    "address/here": Text(
        "this machine is in web.proxies itself, so its own address proves nothing here",
        "Run `connector doctor` on another machine",
    ),
    "whole": Text("{path} is whole"),
    "mark": Text("its mark {path} is on another volume"),
    "mark/same-volume": Text(
        "its mark is on its own volume: a snapshot of that, put back, would give offers twice",
        "Set ledger.mark to a file on another volume",
    ),
    "mode": Text("live"),
    "mode/rehearsal": Text("in rehearsal: nothing is committed"),
    "attentions": Text("{count} thing wants a person", "`connector status` shows what and why"),
    "attentions/several": Text(
        "{count} things want a person", "`connector status` shows what and why"
    ),
    "lock": Text("{holder} is at work now"),
    "at-work": Text("process {pid} on {host} (since {since})"),
    "at-work/unsigned": Text("another worker"),
    "right-held": Text(
        "{path}: {by} holds the right to commit, and one may at a time",
        "Stop it first, if it is not to go on",
    ),
    "lock/nobody": Text("no worker is at work now"),
    "port": Text("port {port} of [health] is free"),
    "port/taken": Text("port {port} of [health]: {error}", "Set another port in [health]"),
    "names": Text("not looked up: {why}"),
    "rules": Text("{count} rules"),
    "rules/known": Text("{count} rules, and Punchh knows their names"),
    "clock": Text("its clock and ours agree to {by}"),
    "list": Text("{sends} scheduled sends can be read"),
    "permission": Text("the key has {permission}"),
    "permission/refused": Text("{why}", "{why:step}"),
    "permission/untried": Text(
        "{permission} could not be tried (it answered {status})", "Try again later"
    ),
    "object": Text("{sends} {noun} can be read"),
    "object/by-id": Text("{object} can be read by id"),
    "object/nothing": Text(
        "nothing of this org can be read: it shows no kind of send", "{why:step}"
    ),
    "segments": Text("{count} segments can be read"),
    "redeemables": Text("{count} redeemables can be read"),
    "segments/unread": Text(
        "{count} of the segments cannot be read: {first}",
        "Look at them in Punchh: no offer goes by a name that may be theirs",
    ),
    "redeemables/unread": Text(
        "{count} of the redeemables cannot be read: {first}",
        "Look at them in Punchh: no offer goes by a name that may be theirs",
    ),
    "sizes": Text("sizes can be read: segment {segment} has {guests} guests"),
    "member": Text("it is in its segment “{segment}”"),
    "unasked": Text(
        "whether it is in “{segment}” is not asked, since punchh.canaries.{canary}.email is not set"
    ),
    "account/taken": Text("its token is taken; its account holds 1 reward"),
    "account/taken-several": Text("its token is taken; its account holds {count} rewards"),
    "untried": Text(
        "not tried, for what failed above: {canaries:list}",
        "Mend that, then `connector doctor` again",
    ),
    "untried/unfinished": Text(
        "not tried to the end, for what failed above: {canaries:list}",
        "Mend that, then `connector doctor` again",
    ),
    "untried/channel": Text("channel {channel} is set; --send-test tries it"),
    "nobody": Text(
        "nobody is told when something wants a person",
        "Write a table [alerts.channels.NAME], then `connector alert test`",
    ),
    "told": Text("told; look whether it arrived"),
    "told/partly": Text("{text}", "Mend [alerts.channels.{channel}]"),
    "campaign-clock": Text('punchh.campaign_clock is "{read_as}"'),
    "campaign-clock/unset": Text(
        "nobody has found out yet how Punchh reads a campaign's start", "{steps}"
    ),
}

"""What `connector doctor` says of each thing it tried."""

from connector.render.texts.text import Text

DOCTOR = {
    "versions": Text("connector {connector}, Python {python}, SQLite {sqlite}"),
    "free": Text("{free} are free in {folder}"),
    "free/little": Text("{free} are free in {folder}", "Make room before it is full"),
    "free/too-little": Text(
        "{free} are free in {folder}", "Make room: a full disk stops all commits"
    ),
    "free/unknown": Text("ledger.url: {error}", "Look at its folder"),
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
    "object": Text("{object}: {why}", "{why:step}"),
    "object/read": Text("{object} can be read"),
    "object/left-out": Text("{why}", "{why:step}"),
    "object/names-unseen": Text(
        "the org does not show {object} ({error}): {noun} that go to one are blocked",
        "If this org uses them, give the run-as user the right to read {object}",
    ),
    "segments": Text("{count} segments can be read"),
    "redeemables": Text("{count} redeemables can be read"),
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

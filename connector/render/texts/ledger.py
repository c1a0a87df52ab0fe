"""What is said of the ledger as a whole."""

from connector.render.texts.text import Text

_LOOK = (
    "If there is a later copy, stop the worker and put it back (`connector ledger restore PATH`); "
    "if not, look in Punchh for campaigns that this ledger does not know, then `connector live`"
)

LEDGER = {
    "rolled-back": Text(
        "the ledger is an older copy: the worker had written its history up to event {wrote}, and "
        "it ends at {last}. What was committed since is not known here, so it is in rehearsal",
        _LOOK,
    ),
    "rolled-back/other": Text(
        "the ledger is not the one that the worker wrote: event {wrote} of its history is another. "
        "What was committed meanwhile is not known here, so it is in rehearsal",
        _LOOK,
    ),
    "rolled-back/still": Text(
        "the machine stood still for {missing} from {since} on, or was put back to that moment "
        "from a snapshot: then offers were committed meanwhile that are not known here. The ledger "
        "is in rehearsal",
        "If the machine only slept: `connector live --nothing-given-yet`. If it was put back: look "
        "in Punchh for campaigns that this ledger does not know, then `connector live`",
    ),
    "rolled-back/heard": Text(
        "Punchh told of gifts of campaign {campaign}, whose name ends in {mark}: an attempt of "
        "offer {offer} that this ledger has forgotten, as an older copy does. It is in rehearsal",
        _LOOK,
    ),
}

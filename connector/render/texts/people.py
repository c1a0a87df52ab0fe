"""What is said of people at the pages' door."""

from connector.render.texts.text import Text

PEOPLE = {
    "login": Text("logged in from {address}"),
    "login/more": Text("logged in {count} more times from {address} since {since}"),
    "login-failed": Text("wrong name or password, from {address}"),
    "login-failed/more": Text("{count} more failed logins from {address} since {since}"),
    "login-ended": Text("logged out, from {address}"),
    "login-ended/more": Text("logged out {count} more times from {address} since {since}"),
    "approvers-only": Text("only an approver can do this; a viewer asked from {address}"),
    "approvers-only/more": Text("a viewer asked {count} more times from {address} since {since}"),
}

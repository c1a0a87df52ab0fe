"""The guests whose accounts we look into: one or more in every kind of time zone."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

_STEP = timedelta(minutes=5)
_STEPS_A_DAY = timedelta(days=1) // _STEP
_FALLBACK = time(17, 0)


@dataclass(frozen=True, slots=True)
class Guest:
    """A guest; without a `zone` the company's counts, and nothing is known of their habits.

    `habit` is the hour at which they always read, for those at the edges of a day; the others'
    is drawn for each send.
    """

    number: int
    name: str
    zone: str | None
    habit: time | None = None

    def zone_or(self, company: ZoneInfo) -> ZoneInfo:
        return ZoneInfo(self.zone) if self.zone else company

    def best_time(self, send_id: str, day: datetime) -> time:
        """Return the wall clock time at which Intelligent Timing sends to them on that day.

        In steps of five minutes; 5 pm where nothing is known (facts: braze §6.3). The same send
        always finds the same time.
        """
        if self.habit is not None:
            return self.habit
        if self.zone is None:
            return _FALLBACK
        steps = Random(f"{send_id} {day:%F} {self.name}").randrange(_STEPS_A_DAY)
        return (datetime.combine(day, time()) + steps * _STEP).time()


# Both edges of the earth, half and three quarter hours, both kinds of summer time, and none at all.
_ZONES: tuple[tuple[str, str | None, time | None], ...] = (
    ("Tabera", "Pacific/Kiritimati", None),
    ("Kaboua", "Pacific/Kiritimati", time(0, 0)),
    ("Losa", "Pacific/Apia", None),
    ("Hine", "Pacific/Chatham", None),
    ("Aroha", "Pacific/Auckland", None),
    ("Marama", "Pacific/Norfolk", None),
    ("Callum", "Australia/Lord_Howe", None),
    ("Ruby", "Australia/Adelaide", None),
    ("Jack", "Australia/Darwin", None),
    ("Yuki", "Asia/Tokyo", None),
    ("Wei", "Asia/Shanghai", None),
    ("Maya", "Asia/Kathmandu", None),
    ("Priya", "Asia/Kolkata", None),
    ("Farid", "Asia/Kabul", None),
    ("Nasrin", "Asia/Tehran", None),
    ("Amina", "Africa/Nairobi", None),
    ("Lukas", "Europe/Berlin", None),
    ("Oliver", "Europe/London", None),
    ("Gudrun", "Atlantic/Reykjavik", None),
    ("Ana", "Atlantic/Azores", None),
    ("Bruno", "America/Sao_Paulo", None),
    ("Molly", "America/St_Johns", None),
    ("Emma", "America/New_York", None),
    ("Carlos", "America/Chicago", None),
    ("Dana", "America/Denver", None),
    ("Ray", "America/Phoenix", None),
    ("Grace", "America/Los_Angeles", None),
    ("Kai", "Pacific/Honolulu", None),
    ("Teiki", "Pacific/Marquesas", None),
    ("Sina", "Pacific/Pago_Pago", None),
    ("Ida", "Etc/GMT+12", None),
    ("Noel", "Etc/GMT+12", time(23, 55)),
    ("Sam", None, None),
    ("Alex", None, None),
)
PANEL = tuple(Guest(number, *fields) for number, fields in enumerate(_ZONES, 1))

"""A schedule with a rate and without a start date fires at once, as AWS's does, and then at its
rate.

Source: "Rate-based schedules", EventBridge Scheduler user guide: "If you do not provide a StartDate
for a rate-based schedule, your schedule starts invoking the target immediately."
"""

from collections.abc import Callable

from local.account import seams

_LONG_AGO = 0.0


def install() -> None:
    """Look at new schedules before each of the scheduler's turns."""
    from ministack.services import eventbridge, scheduler

    schedules = seams.require(scheduler, "_schedules")
    last_fired = seams.require(scheduler, "_schedule_last_fired")
    rate_of = seams.require(eventbridge, "_parse_rate_seconds")

    def wrap(original: Callable[[], None]) -> Callable[[], None]:
        def tick() -> None:
            for key, schedule in list(schedules._data.items()):
                is_rate = rate_of(schedule.get("ScheduleExpression", "")) is not None
                if is_rate and not schedule.get("StartDate"):
                    last_fired.setdefault(key, _LONG_AGO)
            original()

        return tick

    seams.replace(scheduler, "_tick_schedules", wrap)

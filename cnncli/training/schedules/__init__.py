"""One file per schedule: its settings, and the learning rate's course as a function of where the training stands."""

from cnncli.training.choices import Family
from cnncli.training.schedules._base import Moment, Schedule, State, warm_up

SCHEDULES = Family[Schedule]("schedules", "a schedule")

__all__ = ["SCHEDULES", "Moment", "Schedule", "State", "warm_up"]

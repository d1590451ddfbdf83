from datetime import date

from acme_calendar import working_days


def test_a_week_has_five():
    assert working_days(date(2017, 5, 1), date(2017, 5, 7)) == 5

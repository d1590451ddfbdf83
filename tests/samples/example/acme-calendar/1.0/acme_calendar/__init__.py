from datetime import timedelta


def working_days(first, last):
    """How many days from Monday to Friday lie between two dates, both included."""
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return sum(day.weekday() < 5 for day in days)

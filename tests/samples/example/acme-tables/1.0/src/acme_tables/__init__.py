from acme_calendar import working_days


def table(rows):
    """Rows of values as text in columns of one width each."""
    rows = [[str(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def days_table(periods):
    """A table of named periods, pairs of dates, with the working days of each."""
    return table([name, working_days(*period)] for name, period in periods.items())

# $Id$


def totals(lines):
    """A dictionary of the sum per account."""
    result = {}
    for line in lines:
        if line.strip():
            account, amount = line.split()[-2:]
            result[account] = result.get(account, 0.0) + float(amount)
    return result

from __future__ import print_function

import sys

from acme_ledger import totals


def main():
    with open(sys.argv[1]) as book:
        for account, amount in sorted(totals(book).items()):
            print('%-20s %10.2f' % (account, amount))

from __future__ import print_function

import time


def greeting(hour):
    """What to say at an hour of the day, 0 to 23."""
    if hour < 12:
        return 'Good morning'
    return 'Good afternoon' if hour < 18 else 'Good evening'


def main():
    print(greeting(time.localtime().tm_hour))

def hours(card):
    try:
        return sum(float(field) for field in card.split())
    except ValueError, error:
        print "Not a card: %s" % error
        return 0.0

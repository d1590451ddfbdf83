version = "1.0"


def greet(name):
    print "Hello, %s" % unicode(name)
